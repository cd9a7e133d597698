package cfg

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gopkg.in/ini.v1"
)

// outline prints sections and options on one line: [name]key=value;key;
func outline(f *File) string {
	var b strings.Builder
	for _, s := range f.Sections {
		fmt.Fprintf(&b, "[%s]", s.Name)
		for _, o := range s.Options {
			b.WriteString(o.Key)
			if o.HasValue {
				b.WriteString("=" + o.Value)
			}
			b.WriteString(";")
		}
	}
	return b.String()
}

// brief prints findings as "severity line:column-end section message".
func brief(ds Diagnostics) []string {
	var out []string
	for _, d := range ds {
		r := d.Range
		out = append(out, fmt.Sprintf("%v %d:%d-%d %d %s", d.Severity, r.Line, r.Column, r.End, d.Section, d.Message))
	}
	return out
}

func TestParse(t *testing.T) {
	lines := func(n int) string { return "[net]" + strings.Repeat("\n", n) }
	tests := []struct {
		name, src, want string
		diags           []string
	}{
		{"plain", "[net]\nwidth=4\n[convolutional]\nfilters=2\n", "[net]width=4;[convolutional]filters=2;", nil},
		{"network", "[network]\n", "[network]", nil},
		{"no final newline", "[net]\nwidth=4", "[net]width=4;", nil},
		{"blanks everywhere", " [ n\te t ] \t\n\t wi dth = 1 2 \n", "[net]width=12;", nil},
		{"CRLF", "[net]\r\nwidth=4\r\n\r\n[route]\r\n", "[net]width=4;[route]", nil},
		{"CR inside", "[net]\nwid\rth=4\n", "[net]width=4;", nil},
		{"comments", "# a\n ; b\n[net] \n\t#width=1\n;[conv]\n", "[net]", nil},
		{"no inline comments", "[net]\na=4#c\nb=4 ; c\n", "[net]a=4#c;b=4;c;", nil},
		{"equals in value", "[net]\na=b=c==\n", "[net]a=b=c==;", nil},
		{"same section again", "[net]\n[route]\nlayers=1\n[route]\nlayers=2\n", "[net][route]layers=1;[route]layers=2;", nil},
		{"ini's default section", "[net]\n[DEFAULT]\na=1\n[default]\n", "[net][DEFAULT]a=1;[default]", nil},
		{"ini's child sections", "[net]\na=1\n[net.x]\nb=2\n", "[net]a=1;[net.x]b=2;", nil},
		{"quotes", "[net]\na=\"x\"\nb='y'\nc=`z`\nd=\"\"\"w\n'e'=1\n`f`=2\n\"g=3\n", "[net]a=\"x\";b='y';c=`z`;d=\"\"\"w;'e'=1;`f`=2;\"g=3;", nil},
		{"backslash", "[net]\na=1\\\nb=\\\nc\\=2\n", "[net]a=1\\;b=\\;c\\=2;", nil},
		{"interpolation", "[net]\na=%(b)s\nb=%41\n%=%\n", "[net]a=%(b)s;b=%41;%=%;", nil},
		{"colons", "[net]\na:b=c:d\n", "[net]a:b=c:d;", nil},
		{"dashes", "[net]\n-=-\n--=-1\n", "[net]-=-;--=-1;", nil},
		{"odd white space stays", "[net]\n\u00a0a\v=\f4\u00a0\n", "[net]\u00a0a\v=\f4\u00a0;", nil},
		{"Latin-1", "# gr\xfc\xdfe\n[net]\na=\xe9\n", "[net]a=\xe9;", nil},
		{"text behind the header", "[net]\n[route]#x\n[ a ] b\n[[c]]\n[a]b]\n", "[net][route]#x][a]b][[c]][a]b]", nil},
		{"byte order mark", "\ufeff[net]\nwidth=4\n", "[net]width=4;",
			[]string{"note 1:1-1 -1 the file begins with a byte order mark"}},
		{"first of repeated keys", "[net]\na=1\na=1\nb=3\n a = 2\n[net]\na=5\n", "[net]a=1;a=1;b=3;a=2;[net]a=5;", []string{
			"warning 3:1-2 0 `a` is given again and ignored: line 2 has it first",
			"warning 5:2-3 0 `a` is given again and ignored: line 2 has it first"}},
		{"no value", "[net]\n stride =  \nstride=2\n", "[net]stride;stride=2;",
			[]string{"warning 2:2-10 0 `stride=` has no value and is ignored"}},
		{"no equals sign", "[net]\nx y\nz=1\nz\n", "[net]xy;z=1;z;", []string{
			"warning 2:1-4 0 `x y` has no equals sign and counts as not given",
			"warning 4:1-2 0 `z` has no equals sign and counts as not given"}},
		{"hidden from darknet", "[net]\nz\nz=1\n", "[net]z;z=1;", []string{
			"warning 2:1-2 0 `z` has no equals sign and counts as not given",
			"warning 3:1-2 0 darknet itself does not see this `z`"}},
		{"no name", "[net]\n = 3\n=\n", "[net]", []string{
			"warning 2:2-5 0 `=3` has no option name and is ignored",
			"warning 3:1-2 0 `=` has no option name and is ignored"}},
		{"no closing bracket", "[net]\n[route\n[\n", "[net][route][]", []string{
			"error 2:1-7 1 the section header lacks its closing bracket",
			"error 3:1-2 2 the section header lacks its closing bracket"}},
		{"no section name", "[net]\n[ ]\n", "[net][]", []string{"error 2:1-4 1 the section header has no name"}},
		{"early option", "# x\nbatch=1\nwidth=2\n[net]\n", "[net]", []string{"error 2:1-8 -1 option before the first section"}},
		{"no header at all", "a=1\nb=2\n", "", []string{"error 1:1-4 -1 the file has no sections"}},
		{"empty", "", "", []string{"error 0:0-0 -1 the file has no sections"}},
		{"only comments", "# [net]\n", "", []string{"error 0:0-0 -1 the file has no sections"}},
		{"not net", "[convolutional]\n[net]\n", "[convolutional][net]", []string{"error 1:1-16 0 the first section must be [net], not `[convolutional]`"}},
		{"wrong case", "[Net]\n", "[Net]", []string{"error 1:1-6 0 the first section must be [net], not `[Net]`"}},
		{"columns in runes", "[net]\n \u00fc\u5bbd = \u5ea6 \xff x\n\u00fc\u5bbd=1\n", "[net]\u00fc\u5bbd=\u5ea6\xffx;\u00fc\u5bbd=1;",
			[]string{"warning 3:1-3 0 `\u00fc\u5bbd` is given again and ignored: line 2 has it first"}},
		{"weights", "\x00\x00\x00\x00\x02\x00\x00\x00", "", []string{"error 0:0-0 -1 the file is binary and doesn't look like a cfg"}},
		{"NUL in text", "[net]\nwidth=\x004\n", "", []string{"error 0:0-0 -1 the file is binary and doesn't look like a cfg"}},
		{"compressed", "\x1f\x8b\x08\xe3\x91\x02\x05", "", []string{"error 0:0-0 -1 the file is binary and doesn't look like a cfg"}},
		{"UTF-16", "\xff\xfe[\x00n\x00", "", []string{"error 0:0-0 -1 the file is UTF-16 text or binary"}},
		{"old line ends", "[net]\rwidth=4\r", "", []string{"error 0:0-0 -1 the lines end in carriage returns only"}},
		{"most lines", lines(maxLines), "[net]", nil},
		{"too many lines", lines(maxLines + 1), "", []string{"error 0:0-0 -1 more than 100000 lines are too many for a cfg"}},
		{"longest line", "[net]\n#" + strings.Repeat("x", maxLine-1) + "\n", "[net]", nil},
		{"too long line", "[net]\n#" + strings.Repeat("x", maxLine) + "\n", "", []string{"error 0:0-0 -1 line 2 is longer than 1048576 bytes"}},
		{"too long last line", "[net]\n\n#" + strings.Repeat("x", maxLine), "", []string{"error 0:0-0 -1 line 3 is longer than 1048576 bytes"}},
		{"too big", strings.Repeat("#\n", MaxFileSize/2) + "#", "", []string{"error 0:0-0 -1 16777217 bytes are too many for a cfg"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, diags := Parse("net.cfg", []byte(test.src))
			if got := outline(f); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if got := brief(diags); !reflect.DeepEqual(got, test.diags) {
				t.Errorf("got  %q\nwant %q", got, test.diags)
			}
			for i, s := range f.Sections {
				if s.Index != i {
					t.Errorf("section %d has index %d", i, s.Index)
				}
			}
		})
	}
}

func TestParsePositions(t *testing.T) {
	f, _ := Parse("net.cfg", []byte("\ufeff# x\r\n [ net ] \r\n\t\u00fc x = 1 \u5ea6\t2 \r\nbare \n"))
	s := f.Sections[0]
	wide, bare := s.Options[0], s.Options[1]
	for _, test := range []struct {
		what      string
		got, want Range
	}{
		{"header", s.Range, Range{"net.cfg", 2, 2, 9}},
		{"key", wide.KeyRange, Range{"net.cfg", 3, 2, 5}},
		{"value", wide.Range, Range{"net.cfg", 3, 8, 13}},
		{"bare key", bare.KeyRange, Range{"net.cfg", 4, 1, 5}},
		{"value of a bare key", bare.Range, Range{"net.cfg", 4, 1, 5}},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.what, test.got, test.want)
		}
	}
	if got := f.Line(1); got != "# x" {
		t.Errorf("line 1 is %q", got)
	}
	for _, n := range []int{-1, 0, 5} {
		if got := f.Line(n); got != "" {
			t.Errorf("line %d is %q", n, got)
		}
	}
}

func TestSectionOption(t *testing.T) {
	f, _ := Parse("net.cfg", []byte("[net]\na\na=\na=2\na=3\nb\n"))
	s := f.Sections[0]
	if o := s.Option("a"); o == nil || o.Value != "2" {
		t.Errorf("a is %+v", o)
	}
	for _, key := range []string{"b", "c"} {
		if o := s.Option(key); o != nil {
			t.Errorf("%s is %+v", key, o)
		}
	}
}

func TestParseLimitsDiagnostics(t *testing.T) {
	f, diags := Parse("net.cfg", []byte("[net]\n"+strings.Repeat("[x]\na\n", 150)+"[route\n"))
	if len(f.Sections) != 152 {
		t.Fatalf("%d sections", len(f.Sections))
	}
	last := diags[len(diags)-1]
	if len(diags) != maxDiagnostics+1 || last.Message != "0 errors, 51 warnings and 0 notes more are not listed" {
		t.Errorf("%d diagnostics, last %v", len(diags), last)
	}
	if diags.Count(Error) != 1 {
		t.Error("the error was dropped for warnings")
	}
}

func TestParseLimitsOptions(t *testing.T) {
	var b strings.Builder
	for range 2 {
		b.WriteString("[net]\n")
		for i := range maxOptions + 5 {
			fmt.Fprintf(&b, "k%d=%d\n", i, i)
		}
	}
	f, diags := Parse("net.cfg", []byte(b.String()))
	if n := len(f.Sections[1].Options); n != maxOptions {
		t.Errorf("%d options", n)
	}
	if want := []string{
		"error 1002:1-11 0 more than 1000 options in one section",
		"error 2008:1-11 1 more than 1000 options in one section",
	}; !reflect.DeepEqual(brief(diags), want) {
		t.Errorf("got %q", brief(diags))
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int64, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if size > 0 {
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	path := write("net.cfg", 0, "[net]\nwidth=4\n")
	f, diags, err := Read(path)
	if err != nil || diags != nil || f.Name != path || f.Sections[0].Range.File != path || outline(f) != "[net]width=4;" {
		t.Errorf("got %+v, %v, %v", f, diags, err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.cfg"):           "no such file",
		dir:                                      dir,
		write("big.weights", MaxFileSize+1, "x"): "too big for a cfg",
	} {
		f, diags, err := Read(path)
		if f != nil || diags != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v, %v", path, f, diags, err)
		}
	}
}

func TestPublishedFilesHaveNoErrors(t *testing.T) {
	for _, pattern := range []string{"zoo/cfg/*.cfg", "golden/dev/*/net.cfg", "models/*.cfg"} {
		t.Run(pattern, func(t *testing.T) {
			paths, err := filepath.Glob("../../shared/" + pattern)
			if err != nil {
				t.Fatal(err)
			}
			if len(paths) == 0 {
				t.Skip("no ../../shared/" + pattern + " beside the project")
			}
			for _, path := range paths {
				f, diags, err := Read(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := diags.Err(); err != nil {
					t.Error(err)
				}
				if len(f.Sections) < 2 {
					t.Errorf("%s: %d sections", path, len(f.Sections))
				}
			}
		})
	}
}

// TestDisagreement checks that the index is really compared with what ini.v1 reads.
func TestDisagreement(t *testing.T) {
	f, _ := Parse("net.cfg", []byte("[net]\na=1\na=2\nb\n"))
	read := iniSections(t, "[net]\na=1\na=2\n")
	if err := f.Sections[0].fill(read[0]); err != nil {
		t.Errorf("agreeing text: %v", err)
	}
	for text, want := range map[string]string{
		"[ne]\na=1\na=2\n":       `name "net" against "ne"`,
		"[net]\na=1\n":           `line 3: no value against "2"`,
		"[net]\na=2\na=1\n":      `line 2: "1" against "2"`,
		"[net]\na=1\na=2\nc=3\n": "surplus values",
	} {
		err := f.Sections[0].fill(iniSections(t, text)[0])
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func iniSections(t *testing.T, text string) []*ini.Section {
	t.Helper()
	file, err := ini.LoadSources(ini.LoadOptions{AllowShadows: true}, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return file.Sections()[1:]
}
