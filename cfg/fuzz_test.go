package cfg

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// checkRange fails when r is neither empty nor a span of the source.
func checkRange(t *testing.T, f *File, r Range) {
	t.Helper()
	if r.File != f.Name {
		t.Fatalf("range of another file: %+v", r)
	}
	if r.Line == 0 && r.Column == 0 && r.End == 0 {
		return
	}
	if r.Line < 1 || r.Line > len(f.lines) || r.Column < 1 || r.End < r.Column || r.End > utf8.RuneCountInString(f.Line(r.Line))+1 {
		t.Fatalf("range outside of the source: %+v of %q", r, f.Line(r.Line))
	}
}

func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("../testdata/cfg/*.cfg")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, src := range []string{
		"", "\ufeff[net]\r\n", "[net]\n-=-\n\"\"\"a=`b\n%=%\\\n", "[DEFAULT]\na\na=\na=1\n[]\n[\n[[]]\n]", "=\n#=\n;[\n",
		"[net]\nlayers=1,,x,#,\nmask= 1 2,#\nscale=0x1p9\njitter=nan", "\xff\xfe", "[net]\n\u0085a\u2028=\u00a0\v\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, diags := Parse("x.cfg", src)
		if len(diags) > maxDiagnostics+1 {
			t.Fatalf("%d diagnostics", len(diags))
		}
		options := 0
		for _, s := range file.Sections {
			checkRange(t, file, s.Range)
			options += len(s.Options)
			for _, o := range s.Options {
				checkRange(t, file, o.KeyRange)
				checkRange(t, file, o.Range)
				if o.HasValue == (o.Value == "") || strings.ContainsAny(o.Key+o.Value, " \t\r\n") || o.Key == "" {
					t.Fatalf("option %+v", o)
				}
			}
			readEverything(s, &diags)
		}
		if lines := strings.Count(string(src), "\n") + 1; len(file.Sections)+options > lines {
			t.Fatalf("%d sections and %d options from %d lines", len(file.Sections), options, lines)
		}
		for _, d := range diags {
			checkRange(t, file, d.Range)
			for _, r := range d.Related {
				checkRange(t, file, r.Range)
			}
			if d.Section < -1 || d.Section >= len(file.Sections) || d.Message == "" || strings.Contains(d.Message, "disagree") {
				t.Fatalf("finding %+v", d)
			}
		}
		if err := file.Render(io.Discard, diags...); err != nil {
			t.Fatal(err)
		}
	})
}

// TestParseGivesBackWhatWasPrinted prints random sections the way people do,
// with blanks, comments and either line end, and expects Parse to find them.
func TestParseGivesBackWhatWasPrinted(t *testing.T) {
	visibleText := rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool {
		return r != 0 && !strings.ContainsRune(" \t\r\n\ufeff", r) && r != utf8.RuneError && (r >= 0x20 && r < 0x7f || r >= 0xa0)
	}), 1, 12, -1)
	key := visibleText.Filter(func(s string) bool { return !strings.ContainsAny(s, "=") && !strings.ContainsAny(s[:1], "#;[") })
	name := visibleText.Filter(func(s string) bool { return s != "net" && s != "network" })

	rapid.Check(t, func(t *rapid.T) {
		blank := func() string { return rapid.StringOfN(rapid.SampledFrom([]rune(" \t")), 0, 3, -1).Draw(t, "blank") }
		spaced := func(s string) string {
			var b strings.Builder
			for _, r := range s {
				b.WriteString(string(r) + rapid.SampledFrom([]string{"", "", "", " ", "\t", "  "}).Draw(t, "gap"))
			}
			return b.String()
		}
		newline := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		var src, want strings.Builder
		line := func(text string) {
			for range rapid.IntRange(0, 2).Draw(t, "noise") {
				src.WriteString(blank() + rapid.SampledFrom([]string{"", "# [x]", ";a=1", "#"}).Draw(t, "comment") + newline)
			}
			src.WriteString(blank() + text + blank() + newline)
		}
		for i := range rapid.IntRange(1, 5).Draw(t, "sections") {
			title := "net"
			if i > 0 {
				title = name.Draw(t, "name")
			}
			line("[" + spaced(title) + "]")
			want.WriteString("[" + title + "]")
			for range rapid.IntRange(0, 5).Draw(t, "options") {
				k, v := key.Draw(t, "key"), visibleText.Draw(t, "value")
				line(spaced(k) + "=" + blank() + spaced(v))
				want.WriteString(k + "=" + v + ";")
			}
		}
		text := src.String()
		if rapid.Bool().Draw(t, "unfinished") {
			text = strings.TrimSuffix(text, newline)
		}
		f, diags := Parse("net.cfg", []byte(text))
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		if got := outline(f); got != want.String() {
			t.Fatalf("got  %q\nwant %q\nfrom %q", got, want.String(), text)
		}
	})
}
