package cfg

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// everyType is a schema with fields of all types, effects and list forms.
var everyType = Schema{
	{Name: "batch_normalize", Type: Flag},
	{Name: "filters", Type: Int, Default: "1"},
	{Name: "size", Type: Int, Default: "1"},
	{Name: "stride", Type: Int, Default: "1"},
	{Name: "groups", Type: Int, Default: "1"},
	{Name: "dilation", Type: Int, Default: "1"},
	{Name: "pad", Type: Flag, Default: "0"},
	{Name: "scale", Type: Float, Default: "1.5"},
	{Name: "jitter", Type: Float, Default: ".2"},
	{Name: "activation", Type: String, Default: "logistic"},
	{Name: "layers", Type: Ints},
	{Name: "steps", Type: Ints, Default: "1,2"},
	{Name: "mask", Type: Ints, StopAtHash: true},
	{Name: "anchors", Type: Floats, Default: "1,1.5"},
	{Name: "learning_rate", Type: Float, Effect: Training},
	{Name: "stream", Type: Int, Effect: Ignored},
}

// readEverything asks for all fields of everyType but batch_normalize and dilation.
func readEverything(s *Section, diags *Diagnostics) {
	o := s.Read(everyType, diags)
	for range 2 { // a second reading must not repeat a warning
		for _, name := range []string{"filters", "size", "stride", "groups"} {
			o.Int(name)
		}
		o.Flag("pad")
		o.Float("scale")
		o.Float("jitter")
		_ = o.String("activation")
		o.Ints("layers")
		o.Ints("steps")
		o.Ints("mask")
		o.Floats("anchors")
	}
	o.Finish()
}

var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func TestRenderGolden(t *testing.T) {
	paths, err := filepath.Glob("../testdata/cfg/*.cfg")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, diags := Parse(filepath.Base(path), src)
			for _, s := range f.Sections {
				if s.Name == "convolutional" {
					readEverything(s, &diags)
				}
			}
			diags.Sort()
			var got, inColour bytes.Buffer
			if err := f.RenderInColour(&inColour, diags...); err != nil {
				t.Fatal(err)
			}
			if err := f.Render(&got, diags...); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(path, ".cfg") + ".txt"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("rendered differently than %s (rewrite with -update):\n%s", golden, got.String())
			}
			if plain := colours.ReplaceAllString(inColour.String(), ""); plain != got.String() || len(diags) > 0 && plain == inColour.String() {
				t.Errorf("in colour:\n%q", inColour.String())
			}
		})
	}
}

func TestRenderIsSafeForTerminals(t *testing.T) {
	f, diags := Parse("a\x1b]0;x\x07.cfg", []byte("[net]\n\x1b[2J\u202e=1\n\x1b[2J\u202e=\xff\n"))
	diags = append(diags, Diagnostic{Message: "two\nlines \x1b[1m", Hint: "also\rhere", Range: Range{File: f.Name, Line: 2, Column: 1, End: 3}})
	var out strings.Builder
	if err := f.Render(&out, diags...); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%q in %q", r, out.String())
		}
	}
	if !strings.Contains(out.String(), "two lines") {
		t.Errorf("message broken in %q", out.String())
	}
}

func TestRenderWithoutSource(t *testing.T) {
	d := Diagnostic{Severity: Note, Message: "see there", Range: Range{File: "net.weights"}}
	const want = "net.weights: note: see there\n"
	f, _ := Parse("net.cfg", []byte("[net]\n"))
	for _, f := range []*File{f, nil} {
		var out strings.Builder
		if err := f.Render(&out, d); err != nil || out.String() != want {
			t.Errorf("got %q, %v", out.String(), err)
		}
	}
}

func TestRenderOddRanges(t *testing.T) {
	f, _ := Parse("net.cfg", []byte("[net]\n"+strings.Repeat("x", 500)+"\n"))
	for _, r := range []Range{
		{Line: 1}, {Line: 1, Column: 9, End: 12}, {Line: 1, Column: 3, End: 3}, {Line: 1, Column: 4, End: 2},
		{Line: 2, Column: 500, End: 501}, {Line: 2, Column: 1, End: 501}, {Line: 2, Column: 501, End: 501}, {Line: 7, Column: 1, End: 2},
	} {
		r.File = f.Name
		var out strings.Builder
		if err := f.Render(&out, Diagnostic{Range: r, Message: "here"}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if r.Line <= 2 && !strings.Contains(lines[2], "^") {
			t.Errorf("%+v has no caret:\n%s", r, out.String())
		}
		for _, line := range lines {
			if n := len([]rune(line)); n > maxQuoted+20 {
				t.Errorf("%+v: line of %d runes", r, n)
			}
		}
	}
}

func TestRenderReportsWriteErrors(t *testing.T) {
	r, w := io.Pipe()
	broken := errors.New("broken")
	r.CloseWithError(broken)
	if err := (*File)(nil).Render(w, Diagnostic{Message: "x"}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
