package cfg

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// open reads one section with the given option lines.
func open(t *testing.T, lines string) (*Options, *Diagnostics) {
	t.Helper()
	f, parsed := Parse("net.cfg", []byte("[net]\n"+lines))
	if err := parsed.Err(); err != nil {
		t.Fatal(err)
	}
	diags := new(Diagnostics)
	return f.Sections[0].Read(everyType, diags), diags
}

func TestInt(t *testing.T) {
	for _, test := range []struct {
		value string
		want  int
		clean bool
	}{
		{"4", 4, true}, {"-4", -4, true}, {"+5", 5, true}, {"007", 7, true}, {"-0", 0, true},
		{"2147483647", math.MaxInt32, true}, {"-2147483648", math.MinInt32, true},
		{"2147483648", math.MaxInt32, false}, {"-2147483649", math.MinInt32, false},
		{"99999999999999999999999", math.MaxInt32, false}, {"-99999999999999999999999x", math.MinInt32, false},
		{"4.7", 4, false}, {"6px", 6, false}, {"yes", 0, false}, {"0x2", 0, false}, {"3e2", 3, false}, {"4#c", 4, false},
		{"+", 0, false}, {"--5", 0, false}, {"+-5", 0, false}, {"\v5", 5, false}, {"5\v", 5, false}, {"1 2", 12, false}, {"٣", 0, false},
	} {
		o, diags := open(t, "filters="+test.value)
		if got := o.Int("filters"); got != test.want || o.Int("filters") != got {
			t.Errorf("%q: got %d, want %d", test.value, got, test.want)
		}
		if n := len(*diags); test.clean && n != 0 || !test.clean && n != 1 {
			t.Errorf("%q: %v", test.value, *diags)
		}
	}
}

func TestFlag(t *testing.T) {
	for value, want := range map[string]bool{"0": false, "1": true, "-1": true, "2": true, "yes": false, "true": false, "0.9": false, "1.5": true} {
		o, _ := open(t, "pad="+value)
		if got := o.Flag("pad"); got != want {
			t.Errorf("%q: got %v", value, got)
		}
	}
}

func TestFloat(t *testing.T) {
	for _, test := range []struct {
		value string
		want  float64
		sev   string // of the finding, "" for none
	}{
		{"2", 2, ""}, {"-2.", -2, ""}, {"+.5", .5, ""}, {"1e-3", 1e-3, ""}, {"1E+2", 100, ""}, {"1e-400", 0, ""},
		{"3.4028234e38", 3.4028234e38, ""},
		{"2.5e-1abc", .25, "warning"}, {".5.7", .5, "warning"}, {"1e", 1, "warning"}, {"1e+", 1, "warning"}, {".", 0, "warning"},
		{"abc", 0, "warning"}, {"1,5", 1, "warning"}, {"0x", 0, "warning"}, {"0x10", 16, "warning"}, {"-0x1.8p1", -3, "warning"},
		{"1 .5", 1.5, "warning"}, {".1#c", .1, "note"}, {"\f.1", .1, "warning"},
		{"inf", 1.5, "error"}, {"-Infinity", 1.5, "error"}, {"nan", 1.5, "error"}, {"NaN(1)", 1.5, "error"},
		{"1e39", 1.5, "error"}, {"1e999", 1.5, "error"}, {"-1e999", 1.5, "error"}, {"0x1p999999", 1.5, "error"},
	} {
		o, diags := open(t, "scale="+test.value)
		if got := o.Float("scale"); got != test.want || o.Float("scale") != got {
			t.Errorf("%q: got %v, want %v", test.value, got, test.want)
		}
		sev := ""
		if len(*diags) > 0 {
			sev = (*diags)[0].Severity.String()
		}
		if sev != test.sev || len(*diags) > 1 {
			t.Errorf("%q: %v", test.value, *diags)
		}
	}
}

func TestInts(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        []int
		message     string
	}{
		{"layers", "-1, 8", []int{-1, 8}, ""},
		{"layers", "-1", []int{-1}, ""},
		{"layers", "-1,", []int{-1, 0}, "an empty item in `layers` is read as 0"},
		{"layers", ",", []int{0, 0}, "an empty item in `layers` is read as 0, and 1 more like it"},
		{"layers", "1,2#3,4", []int{1, 2, 4}, "`2#3` in `layers` is read as 2"},
		{"layers", "-1 -4", []int{-1}, "`-1 -4` in `layers` is read as -1"},
		{"layers", "1 2", []int{12}, "`1 2` in `layers` is read as 12"},
		{"mask", "1,2#3,4", []int{1, 2}, ""},
		{"mask", "1, 2 # 3, 4", []int{1, 2}, ""},
		{"mask", "1,2,#3", []int{1, 2, 0}, "an empty item in `mask` is read as 0"},
		{"mask", "#3", []int{0}, "an empty item in `mask` is read as 0"},
	} {
		o, diags := open(t, test.name+"="+test.value)
		if got := o.Ints(test.name); !reflect.DeepEqual(got, test.want) || !reflect.DeepEqual(o.Ints(test.name), got) {
			t.Errorf("%s=%s: got %v, want %v", test.name, test.value, got, test.want)
		}
		message := ""
		if len(*diags) > 0 {
			message = (*diags)[0].Message
		}
		if message != test.message || len(*diags) > 1 {
			t.Errorf("%s=%s: got %v, want %s", test.name, test.value, *diags, test.message)
		}
	}
}

func TestFloats(t *testing.T) {
	for _, test := range []struct {
		value string
		want  []float64
		diags []string
	}{
		{"10,13, 16.5,.3", []float64{10, 13, 16.5, .3}, nil},
		{"1,2.5x , 7", []float64{1, 2.5, 7}, []string{"warning 2:11-15 0 `2.5x` in `anchors` is read as 2.5"}},
		{"1, nan", []float64{1, 1.5}, []string{"error 2:12-15 0 `nan` in `anchors` is not a finite number"}},
	} {
		o, diags := open(t, "anchors="+test.value)
		if got := o.Floats("anchors"); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.value, got, test.want)
		}
		if got := brief(*diags); !reflect.DeepEqual(got, test.diags) {
			t.Errorf("%s: got %q", test.value, got)
		}
	}
}

func TestDefaults(t *testing.T) {
	o, diags := open(t, "size\nscale=\n")
	for name, pair := range map[string][2]any{
		"filters":         {o.Int("filters"), 1},
		"size":            {o.Int("size"), 1},
		"batch_normalize": {o.Flag("batch_normalize"), false},
		"scale":           {o.Float("scale"), 1.5},
		"activation":      {o.String("activation"), "logistic"},
		"layers":          {o.Ints("layers"), []int(nil)},
		"steps":           {o.Ints("steps"), []int{1, 2}},
		"anchors":         {o.Floats("anchors"), []float64{1, 1.5}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
		if o.Has(name) {
			t.Errorf("Has(%s)", name)
		}
		if got := o.Range(name); got != o.Section().Range {
			t.Errorf("Range(%s) = %+v", name, got)
		}
	}
	if len(*diags) != 0 {
		t.Error(*diags)
	}
}

func TestGiven(t *testing.T) {
	o, _ := open(t, "activation = leaky\nactivation=relu\n")
	if !o.Has("activation") || o.String("activation") != "leaky" {
		t.Errorf("got %v, %s", o.Has("activation"), o.String("activation"))
	}
	if got, want := o.Range("activation"), (Range{"net.cfg", 2, 14, 19}); got != want {
		t.Errorf("got %+v", got)
	}
}

// TestSectionFromCode reads a section that no source text stands behind.
func TestSectionFromCode(t *testing.T) {
	at := Range{"net.cfg", 3, 8, 12}
	s := &Section{Name: "route", Options: []*Option{{Key: "layers", Value: "1,x", HasValue: true, Range: at}}}
	var diags Diagnostics
	if got := s.Read(everyType, &diags).Ints("layers"); !reflect.DeepEqual(got, []int{1, 0}) {
		t.Errorf("got %v", got)
	}
	if len(diags) != 1 || diags[0].Range != at || diags[0].Message != "`x` in `layers` is read as 0" {
		t.Errorf("got %v", diags)
	}
}

func TestFinish(t *testing.T) {
	o, diags := open(t, "filters=1\nsize=2\nstride=3\ngroups=4\nlearning_rate=x\nstream=1\nfliters=1\nbatchnormalize=1\nzzz=1\nzzz=2\nyyy=\nx=1\n")
	o.Int("filters")
	if o.Has("size") {
		o.Range("stride") // only asks where it is
	}
	o.Finish()
	want := []string{
		"warning 4:1-7 0 `stride` has no effect here",
		"warning 5:1-7 0 `groups` has no effect here",
		"warning 8:1-8 0 unknown option `fliters`",
		"warning 9:1-15 0 unknown option `batchnormalize`",
		"warning 10:1-4 0 unknown option `zzz`",
		"warning 13:1-2 0 unknown option `x`",
	}
	if got := brief(*diags); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	for i, near := range map[int]string{2: "`filters`", 3: "`batch_normalize`"} {
		if hint := (*diags)[i].Hint; !strings.Contains(hint, "did you mean "+near+"?") {
			t.Errorf("hint %q", hint)
		}
	}
	for _, i := range []int{4, 5} {
		if hint := (*diags)[i].Hint; strings.Contains(hint, "mean") {
			t.Errorf("hint %q", hint)
		}
	}
}

func TestMisuse(t *testing.T) {
	o, _ := open(t, "")
	for name, call := range map[string]func(){
		"Has":     func() { o.Has("nosuch") },
		"Range":   func() { o.Range("nosuch") },
		"Int":     func() { o.Int("nosuch") },
		"IntFlag": func() { o.Int("pad") },
		"Flag":    func() { o.Flag("filters") },
		"Float":   func() { o.Float("filters") },
		"String":  func() { _ = o.String("filters") },
		"Ints":    func() { o.Ints("anchors") },
		"Floats":  func() { o.Floats("layers") },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "BUG: cfg: ") {
					t.Errorf("%s: panic %q", name, text)
				}
			}()
			call()
		}()
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"pad", "pad", 0}, {"pad", "apd", 1}, {"stride", "strides", 1},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}, {"größe", "grosse", 3},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%s, %s: got %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestSchemaNames(t *testing.T) {
	if f := everyType.Field("mask"); f == nil || !f.StopAtHash || f.Type.String() != "ints" || f.Effect.String() != "inference" || f.Origin.String() != "darknet" {
		t.Errorf("got %+v", f)
	}
	if f := everyType.Field("Mask"); f != nil {
		t.Errorf("got %+v", f)
	}
	if got := Type(99).String(); got != "cfg.Type(99)" {
		t.Errorf("got %s", got)
	}
}
