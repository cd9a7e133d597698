package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/detect"
)

// found is a picture with two objects, of which one reaches beyond its border, one of a video without any, and one
// that couldn't be read.
func found() []*Picture {
	names := []string{"dog", `a "cat", <small>`}
	objects := Objects([]detect.Detection{
		{Class: 1, Score: .9, Box: detect.Box{X: .5, Y: .5, W: .25, H: .5}},
		{Class: 0, Score: .5, Box: detect.Box{X: .95, Y: .1, W: .2, H: .4}},
	}, 200, 100, func(class int) string { return names[class] })
	return []*Picture{
		{FrameID: 1, Filename: "in/a,1.jpg", Stem: "sub/000042", Image: &Size{200, 100}, Resize: "stretch", Objects: objects, Times: &Times{Decode: 1.5}},
		{FrameID: 2, Filename: "film.mp4", Frame: 3, Time: .08, Stem: "film_000003", Image: &Size{64, 48}, Objects: []Object{}},
		{FrameID: 3, Filename: "bad.jpg", Stem: "bad", Error: "bad.jpg: bad", Objects: []Object{}},
	}
}

// sheet writes pictures in a format.
func sheet(t *testing.T, f Format, pictures []*Picture) string {
	t.Helper()
	var b bytes.Buffer
	s, err := Stream(&b, f)
	for _, p := range pictures {
		err = errors.Join(err, s.Add(p))
	}
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormats(t *testing.T) {
	lines := `{"frame_id":1,"filename":"in/a,1.jpg","image":{"width":200,"height":100},"resize":"stretch","objects":[` +
		`{"class_id":1,"name":"a \"cat\", <small>","relative_coordinates":{"center_x":0.5,"center_y":0.5,"width":0.25,"height":0.5},"absolute_coordinates":{"left":75,"top":25,"width":50,"height":50},"confidence":0.9},` +
		`{"class_id":0,"name":"dog","relative_coordinates":{"center_x":0.95,"center_y":0.1,"width":0.2,"height":0.4},"absolute_coordinates":{"left":170,"top":-10,"width":40,"height":40},"confidence":0.5}],` +
		`"times":{"decode_ms":1.5,"preprocess_ms":0,"inference_ms":0,"postprocess_ms":0}}
{"frame_id":2,"filename":"film.mp4","frame":3,"time_s":0.08,"image":{"width":64,"height":48},"objects":[]}
{"frame_id":3,"filename":"bad.jpg","error":"bad.jpg: bad","objects":[]}
`
	table := `filename,frame,class_id,name,confidence,left,top,width,height,image_width,image_height
"in/a,1.jpg",,1,"a ""cat"", <small>",0.9,75,25,50,50,200,100
"in/a,1.jpg",,0,dog,0.5,170,-10,40,40,200,100
`
	coco := `[
 {"image_id":42,"category_id":2,"bbox":[75,25,50,50],"score":0.9},
 {"image_id":42,"category_id":1,"bbox":[170,-10,40,40],"score":0.5}
]
`
	for _, tt := range []struct {
		name   string
		format Format
		want   string
	}{
		{"JSON lines", Lines(), lines}, {"CSV", CSV(false), table}, {"COCO", COCO(func(class int) int { return class + 1 }), coco},
	} {
		if got := sheet(t, tt.format, found()); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
	var fromArray, fromLines []Picture
	if err := json.Unmarshal([]byte(sheet(t, JSON(), found())), &fromArray); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(lines) {
		var p Picture
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		fromLines = append(fromLines, p)
	}
	if a, b := fmt.Sprintf("%+v", fromArray[0].Objects), fmt.Sprintf("%+v", fromLines[0].Objects); len(fromArray) != 3 || a != b {
		t.Errorf("the array has\n%s\nbut the lines\n%s", a, b)
	}
	classes := []*Picture{{Filename: "a.jpg", Classes: []Class{{3, "x", .25}}}}
	if got, want := sheet(t, CSV(true), classes), "filename,frame,class_id,name,probability\na.jpg,,3,x,0.25\n"; got != want {
		t.Errorf("CSV of classes:\n%s", got)
	}
	for name, f := range map[string]Format{"[\n]\n": JSON(), "": Lines()} {
		if got := sheet(t, f, nil); got != name {
			t.Errorf("without pictures: %q, want %q", got, name)
		}
	}
}

func TestImageID(t *testing.T) {
	for stem, want := range map[string]any{
		"000000000042": uint64(42), "val/42": uint64(42), "COCO_val2014_000000000007": uint64(7), "img_12": "img_12", "a/b": "b", "-1": "-1", "COCO_x": "COCO_x",
		"12345678901234567": "12345678901234567",
	} {
		if got := imageID(stem); got != want {
			t.Errorf("%s: %v, want %v", stem, got, want)
		}
	}
}

func TestCOCOCategory(t *testing.T) {
	for class, want := range map[int]int{0: 1, 10: 11, 11: 13, 23: 25, 24: 27, 25: 28, 26: 31, 39: 44, 40: 46, 59: 65, 60: 67, 61: 70, 62: 72, 72: 82, 73: 84, 79: 90} {
		if got := COCOCategory(class); got != want {
			t.Errorf("class %d: %d, want %d", class, got, want)
		}
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name   string
		folder *Folder
		want   string
	}{
		{"labels", Labels(dir, false), "1 0.500000 0.500000 0.250000 0.500000\n0 0.925000 0.150000 0.150000 0.300000\n"},
		{"labels with confidence", Labels(dir, true), "1 0.500000 0.500000 0.250000 0.500000 0.900000\n0 0.925000 0.150000 0.150000 0.300000 0.500000\n"},
	} {
		for _, p := range found()[:2] {
			if err := tt.folder.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(filepath.Join(dir, "sub", "000042.txt"))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", tt.name, err, got, tt.want)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "film_000003.txt")); err != nil || len(got) != 0 {
			t.Errorf("%s: without objects %q, %v", tt.name, got, err)
		}
		if !tt.folder.Has("sub/000042") || tt.folder.Has("bad") {
			t.Errorf("%s: the folder has %v, %v", tt.name, tt.folder.Has("sub/000042"), tt.folder.Has("bad"))
		}
	}
	if err := VOC(dir).Write(found()[0]); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "sub", "000042.xml"))
	if err != nil {
		t.Fatal(err)
	}
	want := `<annotation>
	<folder>in</folder>
	<filename>a,1.jpg</filename>
	<path>in/a,1.jpg</path>
	<source>
		<database>ghostdark</database>
	</source>
	<size>
		<width>200</width>
		<height>100</height>
		<depth>3</depth>
	</size>
	<segmented>0</segmented>
	<object>
		<name>a &#34;cat&#34;, &lt;small&gt;</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<difficult>0</difficult>
		<bndbox>
			<xmin>76</xmin>
			<ymin>26</ymin>
			<xmax>125</xmax>
			<ymax>75</ymax>
		</bndbox>
		<confidence>0.9</confidence>
	</object>
`
	if !strings.HasPrefix(string(text), want) || !strings.Contains(string(text), "<xmin>171</xmin>\n\t\t\t<ymin>1</ymin>\n\t\t\t<xmax>200</xmax>\n\t\t\t<ymax>30</ymax>") {
		t.Errorf("VOC:\n%s\nwant\n%s…", text, want)
	}
}

// TestResume continues a file that was ended early: what is in it stays, but for failures, and isn't done again.
func TestResume(t *testing.T) {
	for _, form := range []func() Resumer{JSON, Lines} {
		path := filepath.Join(t.TempDir(), "found")
		write := func(pictures ...*Picture) *Sheet {
			s, err := Resume(path, form())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range pictures {
				if !s.Has(p.Filename, p.Frame) {
					if err := s.Add(p); err != nil {
						t.Fatal(err)
					}
				}
			}
			return s
		}
		first, second, bad := found()[0], found()[1], found()[2]
		if err := write(first, bad).Close(); err != nil {
			t.Fatal(err)
		}
		write(second).Discard()
		if err := write(first, second, bad).Close(); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if want := sheet(t, form(), []*Picture{first, second, bad}); err != nil || string(got) != want {
			t.Errorf("%T: %v\n%s\nwant\n%s", form(), err, got, want)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("left behind: %v", left)
		}
		for _, text := range []string{"not JSON", "[{}", `{"a":1}` + "x", "[1]"} {
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			if s, err := Resume(path, form()); err == nil {
				s.Discard()
				t.Errorf("%T: %q was continued", form(), text)
			} else if told := err.Error(); !strings.HasPrefix(told, path+": can't be continued: ") || !strings.HasSuffix(told, "; mend the file, or begin anew without --resume") {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

// TestTornLine names the line that is cut off.
func TestTornLine(t *testing.T) {
	err := Lines().Earlier(strings.NewReader("{}\n\n{\"filename\":"), func(json.RawMessage) error { return nil })
	if err == nil || err.Error() != "line 3 is no JSON" {
		t.Error(err)
	}
}

// TestResumers tells the formats that have something of each picture from those that don't.
func TestResumers(t *testing.T) {
	for _, f := range []Format{CSV(false), COCO(COCOCategory)} {
		if _, resumes := f.(Resumer); resumes {
			t.Errorf("%T can be resumed", f)
		}
	}
}

// TestWhole holds that whatever is found, each format is whole, and boxes on paper are inside of the picture.
func TestWhole(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		size := Size{rapid.IntRange(1, 5000).Draw(t, "w"), rapid.IntRange(1, 5000).Draw(t, "h")}
		part := rapid.Float32Range(-2, 2)
		detection := rapid.Custom(func(t *rapid.T) detect.Detection {
			return detect.Detection{
				Class: rapid.IntRange(0, 90).Draw(t, "class"), Score: rapid.Float32Range(0, 1).Draw(t, "score"),
				Box: detect.Box{X: part.Draw(t, "x"), Y: part.Draw(t, "y"), W: rapid.Float32Range(0, 3).Draw(t, "bw"), H: rapid.Float32Range(0, 3).Draw(t, "bh")},
			}
		})
		name := rapid.String().Draw(t, "name")
		p := &Picture{Filename: rapid.String().Draw(t, "file"), Stem: "x", Image: &size,
			Objects: Objects(rapid.SliceOfN(detection, 0, 5).Draw(t, "found"), size.Width, size.Height, func(int) string { return name })}
		for _, f := range []Format{JSON(), Lines(), CSV(false), COCO(COCOCategory)} {
			text, err := f.Add(p)
			if err != nil {
				t.Fatal(err)
			}
			text = f.Begin() + text + f.End()
			if _, isTable := f.(table); isTable {
				if _, err := csv.NewReader(strings.NewReader(text)).ReadAll(); err != nil {
					t.Errorf("%v\n%s", err, text)
				}
			} else if !json.Valid([]byte(text)) {
				t.Errorf("%T: %s", f, text)
			}
		}
		labels, voc := Labels(dir, false), VOC(dir)
		if err := errors.Join(labels.Write(p), voc.Write(p)); err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(labels.Path("x"))
		for line := range strings.Lines(string(text)) {
			var class int
			var x, y, w, h float64
			if _, err := fmt.Sscan(line, &class, &x, &y, &w, &h); err != nil || w <= 0 || h <= 0 || x-w/2 < -1e-5 || x+w/2 > 1+1e-5 || y-h/2 < -1e-5 || y+h/2 > 1+1e-5 {
				t.Errorf("label %q, %v", line, err)
			}
		}
		var a vocAnnotation
		text, _ = os.ReadFile(voc.Path("x"))
		if err := xml.Unmarshal(text, &a); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, o := range a.Objects {
			if o.XMin < 1 || o.YMin < 1 || o.XMax > size.Width || o.YMax > size.Height {
				t.Errorf("VOC object %+v in %v", o, size)
			}
		}
	})
}
