package cfg

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

var findings = Diagnostics{
	{Warning, Range{"net.cfg", 9, 2, 4}, 1, "odd", "Do this.", []Related{{Range{"net.cfg", 3, 1, 2}, "there"}}},
	{Error, Range{"net.cfg", 9, 1, 4}, 1, "bad", "Do that.", nil},
	{Note, Range{File: "net.cfg"}, -1, "by the way", "", nil},
	{Error, Range{"net.cfg", 2, 5, 6}, 0, "worse\n", "", nil},
}

func TestDiagnosticsAsError(t *testing.T) {
	err := findings.Err()
	const want = "net.cfg:9:1: error: bad (Do that.)\nnet.cfg:2:5: error: worse "
	if err == nil || err.Error() != want {
		t.Errorf("got %q", err)
	}
	var ds Diagnostics
	if !errors.As(err, &ds) || len(ds) != len(findings) {
		t.Errorf("got %v", ds)
	}
	if err := findings.Warnings().Err(); err != nil {
		t.Errorf("warnings alone: %v", err)
	}
	if got := findings.Warnings().Error(); got != "no errors" {
		t.Errorf("warnings alone: %q", got)
	}
	if err := Diagnostics(nil).Err(); err != nil {
		t.Errorf("nil: %v", err)
	}
}

func TestDiagnosticsCount(t *testing.T) {
	if e, w, n := findings.Count(Error), findings.Count(Warning), findings.Count(Note); e != 2 || w != 1 || n != 1 {
		t.Errorf("got %d, %d, %d", e, w, n)
	}
	if len(findings.Errors()) != 2 || len(findings.Warnings()) != 1 || !findings.HasErrors() || findings.Warnings().HasErrors() {
		t.Error("selection by severity")
	}
}

func TestDiagnosticsSort(t *testing.T) {
	ds := append(Diagnostics(nil), findings...)
	ds.Sort()
	var got []string
	for _, d := range ds {
		got = append(got, d.Message)
	}
	if want := []string{"by the way", "worse\n", "bad", "odd"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestDiagnosticsLimit(t *testing.T) {
	for n, want := range [][]string{
		{"2 errors, 1 warnings and 1 notes more are not listed"},
		{"bad", "1 errors, 1 warnings and 1 notes more are not listed"},
		{"bad", "worse\n", "0 errors, 1 warnings and 1 notes more are not listed"},
		{"odd", "bad", "worse\n", "0 errors, 0 warnings and 1 notes more are not listed"},
		{"odd", "bad", "by the way", "worse\n"},
	} {
		var got []string
		for _, d := range findings.Limit(n) {
			got = append(got, d.Message)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %q", n, got)
		}
	}
}

func TestDiagnosticJSON(t *testing.T) {
	got, err := json.Marshal(findings[:3])
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"severity":"warning","file":"net.cfg","line":9,"column":2,"section":1,"message":"odd","hint":"Do this.",` +
		`"related":[{"file":"net.cfg","line":3,"column":1,"message":"there"}]},` +
		`{"severity":"error","file":"net.cfg","line":9,"column":1,"section":1,"message":"bad","hint":"Do that."},` +
		`{"severity":"note","file":"net.cfg","line":0,"column":0,"section":-1,"message":"by the way"}]`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
}
