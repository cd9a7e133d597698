package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// evaluated runs a command of evaluate and reads its JSON into result.
func evaluated(t *testing.T, result any, args ...string) {
	t.Helper()
	if err := json.Unmarshal(invoke(t, append([]string{"evaluate"}, append(args, "--json")...)...), result); err != nil {
		t.Fatal(err)
	}
}

// TestMeanAveragePrecision compares with what the reference program measures. Its JPEG decoder
// differs from ours by a few levels of brightness, and so do some scores.
func TestMeanAveragePrecision(t *testing.T) {
	folder := testkit.Shared(t, "data", "bccd")
	var want struct {
		Images, Boxes    int
		Detections       int                `json:"detections_count"`
		MAP50            float64            `json:"map50"`
		AP50             map[string]float64 `json:"ap50"`
		MAP50At11        float64            `json:"map50_11_points"`
		AP50At11         map[string]float64 `json:"ap50_11_points"`
		MAP50At101       float64            `json:"map50_101_points"`
		AP50At101        map[string]float64 `json:"ap50_101_points"`
		MAP75At101       float64            `json:"map75_101_points"`
		AtConfidence0_25 struct {
			Precision, Recall, F1 float64
			TP, FP, FN            int
			AverageIoU            float64 `json:"average_iou"`
		} `json:"at_confidence_0.25"`
	}
	testkit.JSON(t, filepath.Join(folder, "reference.json"), &want)
	var got detectReport
	evaluated(t, &got, "detect", testkit.Shared(t, "models", "ghost-yolo-bccd.cfg"), testkit.Shared(t, "models", "ghost-yolo-bccd.weights"),
		"--data", filepath.Join(folder, "bccd.data"))

	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if math.Abs(got-want) > tolerance {
			t.Errorf("%s is %v, that of the reference %v", what, got, want)
		}
	}
	near("mAP50", *got.MAP50, want.MAP50, .05)
	near("mAP50 at 11 points", *got.MAP50At11, want.MAP50At11, .1)
	near("mAP50 at 101 points", *got.MAP50At101, want.MAP50At101, .05)
	near("mAP75 at 101 points", *got.MAP75At101, want.MAP75At101, .3)
	near("COCO's AP50", *got.COCO["ap50"], want.MAP50At101, .1) // the objects here are matched alike
	for _, c := range got.Classes {
		near("AP50 of "+c.Name, *c.AP50, want.AP50[c.Name], .1)
		near("AP50 at 11 points of "+c.Name, *c.AP50At11, want.AP50At11[c.Name], .15)
		near("AP50 at 101 points of "+c.Name, *c.AP50At101, want.AP50At101[c.Name], .1)
	}
	if got.Images != want.Images || got.Boxes != want.Boxes || len(got.Classes) != 3 || *got.MAP != *got.MAP50 {
		t.Errorf("%d images, %d boxes, %d classes", got.Images, got.Boxes, len(got.Classes))
	}
	at := want.AtConfidence0_25
	near("detections", float64(got.Detections), float64(want.Detections), 3)
	near("TP", float64(got.Counts.TP), float64(at.TP), 2)
	near("FP", float64(got.Counts.FP), float64(at.FP), 3)
	near("FN", float64(got.Counts.FN), float64(at.FN), 2)
	near("precision", got.Counts.Precision, at.Precision, .006)
	near("recall", got.Counts.Recall, at.Recall, .006)
	near("F1", got.Counts.F1, at.F1, .006)
	near("average IoU", *got.Counts.AverageIoU, at.AverageIoU, .1)

	// The same labels in other forms, and with other points, give the same.
	var again detectReport
	evaluated(t, &again, "detect", "--images", filepath.Join(folder, "images"), "--points", "101", "--iou", "0.75", "--sessions", "2")
	near("mAP50 at 101 points, asked for", *again.MAP50, *got.MAP50At101, 1e-9)
	near("mAP75 at 101 points, asked for", *again.MAP, *got.MAP75At101, 1e-9)
	near("COCO's AP", *again.MAP5095, *got.MAP5095, 1e-9)
}

// TestTopRight compares with what the reference program gets right.
func TestTopRight(t *testing.T) {
	folder := testkit.Shared(t, "data", "fashion")
	var want struct {
		Images    int
		Top1Right int `json:"top1_right"`
		Top2Right int `json:"top2_right"`
	}
	testkit.JSON(t, filepath.Join(folder, "reference.json"), &want)
	for _, args := range [][]string{{"--data", filepath.Join(folder, "fashion.data")}, {"--images", filepath.Join(folder, "images"), "--sessions", "2"}} {
		var got classifyReport
		evaluated(t, &got, append([]string{"classify"}, args...)...)
		if got.Images != want.Images || got.Top1Right != want.Top1Right || got.Top[0].Right != want.Top1Right || got.Top[1].Right != want.Top2Right {
			t.Errorf("%v: %d of %d right, %d among two; the reference %+v", args, got.Top1Right, got.Images, got.Top[1].Right, want)
		}
		right := 0
		for k, row := range got.Confusion.Counts {
			right += row[k]
		}
		if right != want.Top1Right || math.Abs(*got.Top1-100*float64(want.Top1Right)/float64(want.Images)) > 1e-3 {
			t.Errorf("%d on the diagonal, top 1 %v", right, *got.Top1)
		}
	}
}

// labelled makes a folder of pictures with labels in all formats, the same objects in each.
func labelled(t *testing.T) {
	t.Helper()
	enterFolder(t)
	for _, folder := range []string{"pictures", "txt", "xml"} {
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	var images, annotations []string
	for i, name := range []string{"a", "b", "c"} {
		write(t, "pictures/"+name+".png", pngFile(20, 10))
		write(t, "txt/"+name+".txt", []byte("0 0.3 0.5 0.4 0.6\n0 0.75 0.4 0.1 0.2\n"))
		write(t, "xml/"+name+".xml", []byte("<annotation><size><width>20</width><height>10</height></size>"+
			"<object><name>cell</name><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>11</xmax><ymax>9</ymax></bndbox></object>"+
			"<object><name>cell</name><bndbox><xmin>15</xmin><ymin>4</ymin><xmax>17</xmax><ymax>6</ymax></bndbox></object></annotation>"))
		images = append(images, fmt.Sprintf(`{"id":%d,"file_name":"%s.png","width":20,"height":10}`, i, name))
		annotations = append(annotations,
			fmt.Sprintf(`{"id":%d,"image_id":%d,"category_id":7,"bbox":[2,2,8,6],"area":48,"iscrowd":0}`, 2*i+1, i),
			fmt.Sprintf(`{"id":%d,"image_id":%d,"category_id":7,"bbox":[14,3,2,2],"area":4,"iscrowd":0}`, 2*i+2, i))
	}
	write(t, "coco.json", []byte(`{"images":[`+strings.Join(images, ",")+`],"annotations":[`+strings.Join(annotations, ",")+`],"categories":[{"id":7,"name":"cell"}]}`))
}

// TestLabelFormats gives the same result for the same labels in each format.
func TestLabelFormats(t *testing.T) {
	labelled(t)
	var first detectReport
	for i, labels := range []string{"txt", "xml", "coco.json"} {
		var got detectReport
		evaluated(t, &got, "detect", "detector.cfg", "detector.weights", "--images", "pictures", "--labels", labels, "--min-score", "0")
		if i == 0 {
			first = got
		}
		if got.Images != 3 || got.Boxes != 6 || *got.MAP50 != *first.MAP50 || *got.MAP5095 != *first.MAP5095 || got.Counts.TP != first.Counts.TP || got.Detections == 0 {
			t.Errorf("%s: %+v", labels, got)
		}
	}
}

// TestReports writes all files for both kinds of networks, and looks into them.
func TestReports(t *testing.T) {
	labelled(t)
	invoke(t, "evaluate", "detect", "detector.cfg", "detector.weights", "--images", "pictures", "--labels", "txt", "--thresh", "0",
		"--report", "detect.html", "--plot-pr", "pr.svg", "--plot-confusion", "confusion.png", "--worst", "2")
	for _, class := range []string{"a", "<b>"} {
		if err := os.MkdirAll("classes/"+class, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, "classes/"+class+"/1.png", pngFile(20, 20))
	}
	write(t, "classifier.names", []byte("a\n<b>\nc\nd\ne\nf\n"))
	invoke(t, "evaluate", "classify", "classifier.cfg", "classifier.weights", "--images", "classes", "--report", "classify.html", "--plot-confusion", "c.svg")
	for file, parts := range map[string][]string{
		"detect.html":   {"<title>detector.cfg on txt</title>", "<svg", "data:image/jpeg;base64,", "mAP@0.5", "3 pictures with 6 objects"},
		"classify.html": {"<title>classifier.cfg on classes</title>", "<svg", "data:image/jpeg;base64,", "top 1", "&lt;b&gt;"},
		"pr.svg":        {"<svg", "recall"},
		"c.svg":         {"<svg", "&lt;b&gt;"},
		"confusion.png": {"\x89PNG"},
	} {
		text := string(testkit.Bytes(t, file))
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s: has no %q", file, part)
			}
		}
		if strings.Contains(text, "<b>.png") || strings.Contains(text, "ZgotmplZ") || strings.Count(text, "src=\"http") > 0 {
			t.Errorf("%s: something isn't escaped, or elsewhere", file)
		}
	}
}

// badSets are command lines with sets of pictures that can't be evaluated, with the beginning of
// what is said of them.
var badSets = []struct {
	name    string
	line    string
	code    int
	message string
}{
	{"no pictures named", "evaluate detect detector.cfg detector.weights", exitUsage, "no labelled pictures: give --data FILE.data, or --images FOLDER"},
	{"pictures named twice", "evaluate detect --data a.data --images pictures", exitUsage, "give --data or --images, not both"},
	{"labels without pictures", "evaluate detect --data a.data --labels txt", exitUsage, "--labels goes with --images"},
	{"a list without data", "evaluate detect --images pictures --split train", exitUsage, "--split goes with --data"},
	{"a cfg without weights", "evaluate detect detector.cfg --images pictures", exitUsage, "give CFG WEIGHTS, MODEL, or nothing for the embedded model"},
	{"an overlap of all", "evaluate detect --iou 1 --images pictures", exitUsage, "--iou=1 is out of range"},
	{"a dozen points", "evaluate detect --points 12 --images pictures", exitUsage, "--points must be 0, 11 or 101"},
	{"a score in percent", "evaluate detect --min-score 5 --images pictures", exitUsage, "--min-score=5 is out of range"},
	{"mistakes for nobody", "evaluate detect --images pictures --worst 3", exitUsage, "--worst must not be negative, and goes with --report"},
	{"a chart in an unknown format", "evaluate detect --images pictures --plot-pr pr.gif", exitFailed, "pr.gif: charts are written as .svg or .png"},
	{"a report of another kind", "evaluate detect --images pictures --report r.pdf", exitUsage, "--report r.pdf: reports are HTML; choose a name that ends in .html"},
	{"a report into a missing folder", "evaluate detect --images pictures --report no/r.html", exitFailed, "no/r.html: the folder no does not exist"},
	{"a classifier that is to detect", "evaluate detect classifier.cfg classifier.weights --images pictures --labels txt", exitFailed, "classifier.cfg has no detection head"},
	{"a detector that is to classify", "evaluate classify detector.cfg detector.weights --images pictures", exitFailed, "detector.cfg is a detector"},
	{"no such data", "evaluate detect --data no.data", exitFailed, "no.data: no such file or directory"},
	{"data without a list", "evaluate detect detector.cfg detector.weights --data listless.data", exitFailed, "listless.data: has no line valid = FILE; --split names another list"},
	{"a list of nothing", "evaluate detect detector.cfg detector.weights --data empty.data", exitFailed, "empty.txt: lists no pictures"},
	{"a list of missing pictures", "evaluate detect detector.cfg detector.weights --data gone.data", exitFailed, "gone.txt:1: the picture x.png is there neither"},
	{"a list of missing pictures to classify", "evaluate classify classifier.cfg classifier.weights --data gone.data", exitFailed, "gone.txt:1: the picture x.png is there neither"},
	{"no label file at all", "evaluate detect detector.cfg detector.weights --images pictures", exitFailed, "pictures: none of the 3 pictures has a label file"},
	{"labels of nothing", "evaluate detect detector.cfg detector.weights --images pictures --labels none", exitFailed, "none: no objects are labelled in its 3 pictures"},
	{"labels of another network", "evaluate detect detector.cfg detector.weights --images pictures --labels many", exitFailed, "many/a.txt:2: there is no class 4"},
	{"no labels there", "evaluate detect detector.cfg detector.weights --images pictures --labels nowhere", exitFailed, "nowhere: no such file or directory"},
	{"a broken JSON", "evaluate detect detector.cfg detector.weights --images pictures --labels broken.json", exitFailed, "broken.json:1: not COCO's JSON: the file ends early"},
	{"a picture of no class", "evaluate classify classifier.cfg classifier.weights --images pictures --names six.names", exitFailed, "pictures/a.png: no class's name stands in its path"},
	{"a picture that is none", "evaluate detect detector.cfg detector.weights --data faulty.data", exitFailed, "faulty.png: "},
	{"no folder", "evaluate detect --images nowhere", exitFailed, "nowhere: no such file or directory"},
	{"anchors for no size", "anchors --images pictures --labels txt", exitUsage, "anchors are in pixels of the network's input: give CFG, or --width and --height"},
	{"anchors of a classifier", "anchors classifier.cfg --images pictures --labels txt", exitFailed, "classifier.cfg has no head with anchors"},
	{"more anchors than objects", "anchors detector.cfg --images pictures --labels txt --num 7", exitFailed, "txt: 6 objects are too few for 7 anchors"},
	{"anchors from no start", "anchors detector.cfg --images pictures --runs 0", exitUsage, "--runs must be from 1 to 10000"},
	{"labels of no set", "labels check", exitUsage, "no labelled pictures: give --data FILE.data, or --images FOLDER"},
	{"labels as an operand", "labels check txt", exitUsage, "txt: pictures are named by --data or --images"},
	{"classes beside names", "labels check --images pictures --labels txt --names letters.names --classes 3", exitUsage, "--classes=3, but there are 2 names"},
}

func TestBadSets(t *testing.T) {
	labelled(t)
	for _, folder := range []string{"none", "many"} {
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"listless.data": "classes = 1\n", "empty.data": "valid = empty.txt\n", "empty.txt": "\n", "gone.data": "valid = gone.txt\n", "gone.txt": "x.png\ny.png\n",
		"none/a.txt": "", "many/a.txt": "0 .5 .5 .1 .1\n4 .5 .5 .1 .1\n", "broken.json": `{"images": [`, "letters.names": "x\ny\n", "six.names": "dog\ncow\nhen\nowl\nelk\nfox\n",
		"faulty.data": "valid = faulty.list\n", "faulty.list": "faulty.png\n", "faulty.png": "no picture", "faulty.txt": "0 .5 .5 .1 .1\n",
	} {
		write(t, name, []byte(text))
	}
	for _, tt := range badSets {
		t.Run(tt.name, func(t *testing.T) {
			told := refuse(t, tt.code, strings.Fields(tt.line)...)
			if want := "ghostdark: " + tt.message; !strings.HasPrefix(lastOf(told, want), want) {
				t.Errorf("told:\n%s\nwant:\n%s", told, want)
			}
		})
	}
}

// lastOf returns the line of a text that begins as wanted, or its first one.
func lastOf(text, want string) string {
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, want) {
			return line
		}
	}
	return lines[0]
}
