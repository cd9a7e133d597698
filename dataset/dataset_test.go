package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/internal/testkit"
)

// write makes files in the working folder, with their folders.
func write(t testing.TB, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// told lists findings as LINE KIND, or FILE KIND for those about whole files.
func told(findings Findings) []string {
	var all []string
	for _, f := range findings {
		place := fmt.Sprint(f.Line)
		if f.Line == 0 {
			place = filepath.ToSlash(f.File)
		}
		all = append(all, fmt.Sprintf("%s %s %v", place, f.Kind, f.Severity))
	}
	return all
}

func TestReadYOLO(t *testing.T) {
	box := detect.Box{X: .5, Y: .25, W: .5, H: .125}
	for _, tt := range []struct {
		name, text string
		classes    int
		want       []Object
		findings   []string
	}{
		{"plain", "0 .5 .25 .5 .125\n2 0.5 0.25 0.5 0.125\n", 3, []Object{{Class: 0, Box: box}, {Class: 2, Box: box}}, nil},
		{"tabs, blanks, no line end", " 1\t.5  .25 .5 1.25e-1 ", 3, []Object{{Class: 1, Box: box}}, nil},
		{"windows", "1 .5 .25 .5 .125\r\n\r\n", 3, []Object{{Class: 1, Box: box}}, nil},
		{"empty", "", 3, nil, nil},
		{"any class", "7 .5 .25 .5 .125", 0, []Object{{Class: 7, Box: box}}, nil},
		{"any class but the vastest", "1048575 .5 .25 .5 .125\n1048576 .5 .25 .5 .125", 0, []Object{{Class: 1048575, Box: box}}, []string{"2 class error"}},
		{"class", "3 .5 .25 .5 .125\n-1 .5 .25 .5 .125", 3, nil, []string{"1 class error", "2 class error"}},
		{"columns", "1 .5 .25 .5\n1 .5 .25 .5 .125 .9\n1 .1 .1 .2 .2 .3 .3 .4", 3, nil, []string{"1 columns error", "2 columns error", "3 columns error"}},
		{"numbers", "a .5 .25 .5 .125\n1.5 .5 .25 .5 .125\n1 .5 x .5 .125\n1 NaN .5 .5 .5\n1 .5 inf .5 .5\n1 .5 .5 1e99 .5", 3, nil,
			[]string{"1 number error", "2 number error", "3 number error", "4 number error", "5 number error", "6 number error"}},
		{"size", "1 .5 .25 0 .125\n1 .5 .25 .5 -1", 3, nil, []string{"1 size error", "2 size error"}},
		{"pixels", "1 120 80 40 40\n1 -.1 .5 .1 .1\n1 .5 1.1 .1 .1", 3, nil, []string{"1 range error", "2 range error", "3 range error"}},
		{"edge", "1 .5 .05 .5 .125", 3, []Object{{Class: 1, Box: detect.Box{X: .5, Y: .05, W: .5, H: .125}}}, []string{"1 edge warning"}},
		{"rounded edge", "1 .5 .0624 .5 .125", 3, []Object{{Class: 1, Box: detect.Box{X: .5, Y: .0624, W: .5, H: .125}}}, nil},
		{"duplicate", "1 .5 .25 .5 .125\n0 .5 .25 .5 .125\n1 .50 .25 .5 .125", 3,
			[]Object{{Class: 1, Box: box}, {Class: 0, Box: box}, {Class: 1, Box: box}}, []string{"3 duplicate warning"}},
	} {
		var findings Findings
		got := readYOLO("l.txt", []byte(tt.text), Classes{Count: tt.classes}, &findings)
		if !reflect.DeepEqual(got, tt.want) || !reflect.DeepEqual(told(findings), tt.findings) {
			t.Errorf("%s: %v, %q", tt.name, got, told(findings))
		}
	}
}

func TestReadVOC(t *testing.T) {
	classes := Classes{Names: []string{"dog", "cat"}, Count: 2}
	object := func(name, box, more string) string {
		return "<object><name>" + name + "</name>" + more + "<bndbox>" + box + "</bndbox></object>\n"
	}
	const corners = "<xmin>11</xmin><ymin>21</ymin><xmax>51.0</xmax><ymax>61</ymax>"
	page := func(inner string) string {
		return "<annotation>\n<filename>a.jpg</filename>\n<size><width>100</width><height>200</height><depth>3</depth></size>\n" + inner + "</annotation>\n"
	}
	box := detect.Box{X: .3, Y: .2, W: .4, H: .2}
	for _, tt := range []struct {
		name, text string
		want       []Object
		findings   []string
	}{
		{"plain", page(object("cat", corners, "")), []Object{{Class: 1, Box: box}}, nil},
		{"difficult", page(object("dog", corners, "<difficult>1</difficult>")), []Object{{Class: 0, Box: box, Difficult: true}}, nil},
		{"parts", page(object("dog", corners, "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>")), []Object{{Class: 0, Box: box}}, nil},
		{"none", page(""), nil, nil},
		{"class", page(object("dog", corners, "") + object("cow", corners, "")), []Object{{Class: 0, Box: box}}, []string{"5 class error"}},
		{"corner", page(object("dog", "<xmin>a</xmin>", "")), nil, []string{"4 number error"}},
		{"no box", page("<object><name>dog</name></object>"), nil, []string{"4 columns error"}},
		{"swapped corners", page(object("dog", "<xmin>51</xmin><ymin>21</ymin><xmax>11</xmax><ymax>61</ymax>", "")), nil, []string{"4 size error"}},
		{"no size", "<annotation>" + object("dog", corners, "") + "</annotation>", nil, []string{"l.xml size error"}},
		{"cut off", "<annotation>\n<object>\n<name>dog", nil, []string{"2 unreadable error"}},
		{"another root", "<html></html>", nil, []string{"l.xml unreadable error"}},
		{"no XML", "0 .5 .5 .1 .1", nil, []string{"l.xml unreadable error"}},
	} {
		var findings Findings
		got := readVOC("l.xml", []byte(tt.text), &classes, &findings)
		if !reflect.DeepEqual(got, tt.want) || !reflect.DeepEqual(told(findings), tt.findings) {
			t.Errorf("%s: %v, %q", tt.name, got, told(findings))
		}
	}
}

const cocoText = `{"info": {"deep": [[1, {"a": []}], 2]},
"annotations": [
{"id": 1, "image_id": 9, "category_id": 18, "bbox": [10, 20, 40, 40], "area": 700.5, "iscrowd": 0, "segmentation": [[1, 2]]},
{"id": 2, "image_id": 9, "category_id": 3, "bbox": [0, 0, 100, 200], "iscrowd": 1, "segmentation": {"counts": [1], "size": [2, 3]}}
],
"images": [{"id": 9, "file_name": "a.jpg", "width": 100, "height": 200}, {"id": 4, "file_name": "b.jpg", "width": 10, "height": 10}],
"categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}]}`

func TestCOCO(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, map[string]string{"p/a.jpg": "", "p/b.jpg": "", "c.json": cocoText})
	dog := Object{Box: detect.Box{X: .3, Y: .2, W: .4, H: .2}, Area: 700.5}
	car := Object{Box: detect.Box{X: .5, Y: .5, W: 1, H: 1}, Crowd: true}
	for _, tt := range []struct {
		name     string
		classes  Classes
		dog, car int
		err      string
	}{
		{"by name", Classes{[]string{"dog", "bus", "car"}, 3}, 0, 2, ""},
		{"by order", Classes{[]string{"auto", "hound"}, 2}, 1, 0, ""},
		{"by order, one name known", Classes{[]string{"auto", "dog"}, 2}, 1, 0, ""},
		{"without names", Classes{nil, 2}, 1, 0, ""},
		{"without anything", Classes{}, 1, 0, ""},
		{"unlike", Classes{[]string{"a", "b", "c"}, 3}, 0, 0, "none of its 2 categories"},
	} {
		set, err := Open("p", nil, "c.json", tt.classes)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if err != nil || len(set.Findings) > 0 {
			t.Errorf("%s: %v, %v", tt.name, err, set)
			continue
		}
		dog.Class, car.Class = tt.dog, tt.car
		want := []Picture{{filepath.Join("p", "a.jpg"), "c.json", []Object{dog, car}}, {filepath.Join("p", "b.jpg"), "c.json", nil}}
		if !reflect.DeepEqual(set.Pictures, want) {
			t.Errorf("%s: %+v", tt.name, set.Pictures)
		}
	}
}

func TestFaultyCOCO(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, map[string]string{"p/a.jpg": "", "p/b.jpg": ""})
	classes := Classes{[]string{"car", "dog"}, 2}
	for _, tt := range []struct{ name, old, new, want string }{
		{"a category that is none", `"category_id": 3`, `"category_id": 5`, `c.json:4: annotation 2 has category 5 (""), which is none of the classes`},
		{"a picture that is none", `"image_id": 9, "category_id": 3`, `"image_id": 8, "category_id": 3`, "c.json:4: annotation 2 is for the picture 8, which is not listed"},
		{"a box of three", "[10, 20, 40, 40]", "[10, 20, 40]", "c.json:3: annotation 1 has a bbox of 3 numbers"},
		{"a box without height", "[10, 20, 40, 40]", "[10, 20, 40, 0]", "c.json:3: the box is 0.4 × 0 of the picture"},
		{"a picture without size", `"width": 100`, `"width": 0`, "c.json:3: annotation 1 is for a.jpg, which has no width and height"},
		{"a picture that isn't there", `"b.jpg"`, `"d.jpg"`, "c.json: its picture d.jpg is not in p"},
		{"two pictures in one", `"id": 4`, `"id": 9`, "c.json: two pictures have the id 9"},
		{"an area", "700.5", "-1", "c.json:3: annotation 1 has the area -1"},
	} {
		write(t, map[string]string{"c.json": strings.Replace(cocoText, tt.old, tt.new, 1)})
		set, err := Open("p", nil, "c.json", classes)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if errs := set.Findings.Errors(); len(errs) == 0 || !strings.HasPrefix(errs[0].Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, set.Findings)
		}
	}
	for _, tt := range []struct{ name, text, want string }{
		{"cut off", cocoText[:200], "c.json:3: not COCO's JSON: the file ends early"},
		{"an array", "[]", `c.json:1: not COCO's JSON: [ is not an object with "images", "annotations" and "categories"`},
		{"another object", "{}", `c.json: not COCO's JSON of instances`},
		{"no annotations", `{"images": 3}`, `c.json:1: not COCO's JSON: "images": 3 is not an array`},
		{"text for a number", strings.Replace(cocoText, "[10, 20, 40, 40]", `["a"]`, 1), `c.json:3: not COCO's JSON: "annotations": element 0: `},
		{"empty", "", "c.json:1: not COCO's JSON: the file ends early"},
	} {
		write(t, map[string]string{"c.json": tt.text})
		if _, err := Open("p", nil, "c.json", classes); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestData(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, map[string]string{
		"d/x.data":      "# comment\nclasses = 2\nclasses = 9\nvalid=lists/v.txt\nnames = x.names\ntop=0\ngone = gone.txt\nempty =\n",
		"d/x.names":     "dog \n cat\n\n",
		"d/lists/v.txt": "a.jpg\n\nimages/b.png\nimages/a.jpg\nb.jpg\nimages/a.jpg\n",
		"a.jpg":         "", "d/images/a.jpg": "", "d/images/b.png": "", "d/lists/b.jpg": "",
		"faulty.data": "classes = 2\nvalid\n",
		"void.txt":    "\n",
	})
	d, err := ReadData("d/x.data")
	if err != nil {
		t.Fatal(err)
	}
	if n, found, err := d.Int("classes"); n != 2 || !found || err != nil {
		t.Errorf("classes: %v, %v, %v", n, found, err)
	}
	if _, found, err := d.Int("none"); found || err != nil {
		t.Errorf("no such key: %v, %v", found, err)
	}
	if _, _, err := d.Int("top"); err == nil || err.Error() != "d/x.data:6: top = 0 is not a whole number from 1 on" {
		t.Error(err)
	}
	if names, err := d.Names("labels", "names"); err != nil || !reflect.DeepEqual(names, []string{"dog", "cat"}) {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := d.File("gone"); err == nil || !strings.HasPrefix(err.Error(), "d/x.data:7: its gone = gone.txt is there neither") {
		t.Error(err)
	}
	if _, err := d.File("empty"); err == nil || err.Error() != "d/x.data: has no line empty = FILE" {
		t.Error(err)
	}
	pictures, findings, err := d.List("valid")
	want := []string{"a.jpg", "d/images/b.png", "d/images/a.jpg", "d/lists/b.jpg", "d/images/a.jpg"}
	for i := range pictures {
		pictures[i] = filepath.ToSlash(pictures[i])
	}
	if err != nil || !reflect.DeepEqual(pictures, want) || !reflect.DeepEqual(told(findings), []string{"6 duplicate warning"}) {
		t.Errorf("%q, %v, %v", pictures, findings, err)
	}
	if _, err := ReadData("faulty.data"); err == nil || !strings.HasPrefix(err.Error(), "faulty.data:2: not a line KEY = VALUE") {
		t.Error(err)
	}
	if _, _, err := readList("void.txt"); err == nil || err.Error() != "void.txt: lists no pictures" {
		t.Error(err)
	}
}

func TestLabelPaths(t *testing.T) {
	for _, tt := range []struct{ picture, want string }{
		{"a/b.jpg", "a/b.txt"},
		{"b.PNG", "b.txt"},
		{"images/b.png", "images/b.txt labels/b.txt"},
		{"/data/images/train2017/b.c.jpg", "/data/images/train2017/b.c.txt /data/labels/train2017/b.c.txt"},
		{"images/images/b.png", "images/images/b.txt images/labels/b.txt"},
		{"VOC2007/JPEGImages/b.jpg", "VOC2007/JPEGImages/b.txt VOC2007/labels/b.txt"},
	} {
		if got := filepath.ToSlash(strings.Join(LabelPaths(filepath.FromSlash(tt.picture)), " ")); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.picture, got, tt.want)
		}
	}
}

// TestPlacesOfLabels reads the same labels from all the places where they may lie.
func TestPlacesOfLabels(t *testing.T) {
	const label = "1 .5 .5 .25 .25\n"
	voc := "<annotation><size><width>4</width><height>4</height></size><object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></object></annotation>"
	for _, tt := range []struct {
		name, pictures, labels string
		files                  map[string]string
		want                   string // the error; none if empty
	}{
		{"beside", "p", "", map[string]string{"p/a.jpg": "", "p/a.txt": label}, ""},
		{"labels", "p/images", "", map[string]string{"p/images/a.jpg": "", "p/labels/a.txt": label}, ""},
		{"folder", "p", "l", map[string]string{"p/a.jpg": "", "l/a.txt": label, "l/classes.txt": "dog\ncat\n"}, ""},
		{"nested", "p", "l", map[string]string{"p/q/a.jpg": "", "l/q/a.txt": label}, ""},
		{"flat", "p", "l", map[string]string{"p/q/a.jpg": "", "l/a.txt": label}, ""},
		{"xml", "p", "l", map[string]string{"p/a.jpg": "", "l/a.xml": voc}, ""},
		{"both", "p", "l", map[string]string{"p/a.jpg": "", "p/b.jpg": "", "l/a.xml": voc, "l/b.txt": label}, "l: holds labels in two formats"},
		{"others", "p", "l", map[string]string{"p/a.jpg": "", "l/b.txt": label}, "l: holds no label file for the 1 picture in p"},
		{"a file", "p", "l.txt", map[string]string{"p/a.jpg": "", "l.txt": label}, "l.txt: neither a folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, tt.files)
			var pictures []string
			for name := range tt.files {
				if filepath.Ext(name) == ".jpg" {
					pictures = append(pictures, filepath.FromSlash(name))
				}
			}
			set, err := Open(tt.pictures, pictures, tt.labels, Classes{[]string{"dog", "cat"}, 2})
			if tt.want != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || len(set.Findings) > 0 || len(set.Pictures) != 1 || set.Objects() != 1 || set.Pictures[0].Objects[0].Class != 1 {
				t.Errorf("%+v, %v", set, err)
			}
		})
	}
}

func TestMissingAndDifficult(t *testing.T) {
	t.Chdir(t.TempDir())
	const label = "0 .5 .5 .25 .25\n"
	write(t, map[string]string{
		"x.data": "valid = v.txt\ndifficult = d.txt\ntrain = d.txt\n", "v.txt": "a.jpg\nb.jpg\nc.jpg", "d.txt": "d/a.jpg\nd/b.jpg\nd/c.jpg",
		"a.jpg": "", "b.jpg": "", "c.jpg": "", "d/a.jpg": "", "d/b.jpg": "", "d/c.jpg": "",
		"a.txt": label, "b.txt": "", "d/a.txt": "", "d/b.txt": label, "d/c.txt": "",
	})
	d, err := ReadData("x.data")
	if err != nil {
		t.Fatal(err)
	}
	set, err := OpenData(d, "valid", Classes{Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := told(set.Findings); !reflect.DeepEqual(got, []string{"c.txt missing warning"}) {
		t.Error(got)
	}
	if p := set.Pictures; len(p) != 3 || p[0].Objects[0].Difficult || len(p[1].Objects) != 1 || !p[1].Objects[0].Difficult || len(p[2].Objects) != 0 {
		t.Errorf("%+v", p)
	}
	if set, err := OpenData(d, "train", Classes{Count: 1}); err != nil || set.Pictures[1].Objects[0].Difficult {
		t.Errorf("%+v, %v", set, err)
	}
	write(t, map[string]string{"d.txt": "d/a.jpg\n"})
	if _, err := OpenData(d, "valid", Classes{}); err == nil || !strings.Contains(err.Error(), "must belong together line by line") {
		t.Error(err)
	}
}

func TestClassify(t *testing.T) {
	labels := []string{"T-shirt", "Trouser", "Shirt", "Ankle boot", "cat", "catfish", "n01440764"}
	for _, tt := range []struct {
		path string
		want string // the class, or how the error begins
	}{
		{"images/000_Ankle_boot.png", "Ankle boot"},
		{"images/55_T-shirt.png", "T-shirt"},
		{"images/55_Shirt.png", "Shirt"},
		{"train/cat/1.jpg", "cat"},
		{"train/catfish/1.jpg", "catfish"},
		{"train/cat/catfish.jpg", "cat"},
		{"cat/catfish/1.jpg", "catfish"},
		{"the-cats/Trouser1.jpg", "Trouser"},
		{"n01440764_10026.JPEG", "n01440764"},
		{"cat_and_Trouser.jpg", "the names of 2 classes stand in its path (Trouser, cat …)"},
		{"dog.jpg", "no class's name stands in its path; those are T-shirt, Trouser, Shirt, Ankle boot …"},
	} {
		got, findings := Classify([]string{filepath.FromSlash(tt.path)}, labels)
		switch {
		case len(got) == 1 && len(findings) == 0 && labels[got[0].Class] == tt.want:
		case len(got) == 0 && len(findings) == 1 && strings.HasPrefix(findings[0].Message, tt.want):
		default:
			t.Errorf("%s: %v, %v", tt.path, got, findings)
		}
	}
}

// TestWrittenLabels reads what is written in darknet's format.
func TestWrittenLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Object
		var text strings.Builder
		for range rapid.IntRange(0, 5).Draw(t, "objects") {
			size := rapid.Float32Range(.01, 1)
			o := Object{Class: rapid.IntRange(0, 9).Draw(t, "class"), Box: detect.Box{W: size.Draw(t, "w"), H: size.Draw(t, "h")}}
			o.Box.X = rapid.Float32Range(o.Box.W/2, 1-o.Box.W/2).Draw(t, "x")
			o.Box.Y = rapid.Float32Range(o.Box.H/2, 1-o.Box.H/2).Draw(t, "y")
			want = append(want, o)
			fmt.Fprintln(&text, o.Class, o.Box.X, o.Box.Y, o.Box.W, o.Box.H)
		}
		var findings Findings
		got := readYOLO("l.txt", []byte(text.String()), Classes{Count: 10}, &findings)
		if !reflect.DeepEqual(got, want) || len(findings.Errors()) > 0 {
			t.Fatalf("%v, want %v; %v", got, want, findings)
		}
	})
}

// TestSharedLabels reads real labels, which have nothing to find fault with.
func TestSharedLabels(t *testing.T) {
	d, err := ReadData(testkit.Shared(t, "data", "bccd", "bccd.data"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := OpenData(d, "valid", Classes{Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Pictures) != 72 || set.Objects() != 945 || len(set.Findings) > 0 {
		t.Errorf("%d pictures, %d objects, %v", len(set.Pictures), set.Objects(), set.Findings)
	}
}

func FuzzLabels(f *testing.F) {
	f.Add("1 .5 .5 .25 .25\n")
	f.Add("<annotation><size><width>4</width><height>4</height></size><object><name>a</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></object></annotation>")
	f.Add(cocoText)
	f.Fuzz(func(t *testing.T, text string) {
		classes := Classes{[]string{"a", "b"}, 2}
		sound := func(objects []Object) {
			for _, o := range objects {
				if o.Class < 0 || o.Class > 1 || !(o.Box.W > 0 && o.Box.H > 0) || o.Box.X-o.Box.X != 0 {
					t.Fatalf("%q gives %+v", text, o)
				}
			}
		}
		var findings Findings
		sound(readYOLO("l.txt", []byte(text), classes, &findings))
		sound(readVOC("l.xml", []byte(text), &classes, &findings))
		file, err := readCOCO(strings.NewReader(text), "c.json")
		if err != nil {
			return
		}
		if set, err := file.set("", classes); err == nil {
			for _, p := range set.Pictures {
				sound(p.Objects)
			}
		}
	})
}
