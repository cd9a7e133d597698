package layers

import (
	"path/filepath"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
)

// unitTests are the section types that no golden case has, since the reference doesn't know
// them or fails on them.
var unitTests = map[string]func(*testing.T){
	"net":             TestNetSection,
	"deconvolutional": TestDeconvolutional,
	"logistic":        TestLogistic,
	"l2norm":          TestL2Norm,
	"iseg":            TestIsegIsRefused,
}

// TestEverySectionTypeIsTested fails for a section type that neither a golden case has nor a
// unit test.
func TestEverySectionTypeIsTested(t *testing.T) {
	paths, err := filepath.Glob("../testdata/golden/*/net.cfg")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	golden := map[*Kind]bool{}
	for _, path := range paths {
		file, _, err := cfg.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range file.Sections[1:] {
			golden[Lookup(s.Name)] = true
		}
	}
	for _, k := range Kinds() {
		if !golden[k] && unitTests[k.Name()] == nil {
			t.Errorf("no test has a [%s]", k.Name())
		}
		if golden[k] && unitTests[k.Name()] != nil {
			t.Errorf("[%s] has golden cases: remove it from the list", k.Name())
		}
	}
}
