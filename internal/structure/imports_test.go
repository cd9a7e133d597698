package structure

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

const module = "github.com/ghostdark/ghostdark/"

// imports lists for each package what it may import of the project's own. ARCHITECTURE.md
// draws the same.
var imports = map[string][]string{
	"cfg":                 {},
	"weights":             {"internal/atomicfile"},
	"tensor":              {},
	"kernels":             {"internal/cpu"},
	"design":              {},
	"detect":              {},
	"anchors":             {},
	"dataset":             {"detect"},
	"evaluate":            {"dataset", "detect"},
	"picture":             {"internal/atomicfile", "kernels", "tensor"},
	"video":               {"internal/atomicfile", "picture"},
	"source":              {"picture", "video"},
	"report":              {"detect", "internal/atomicfile"},
	"layers":              {"cfg", "detect", "kernels", "tensor", "weights"},
	"net":                 {"cfg", "detect", "kernels", "layers", "tensor", "weights"},
	"ghost":               {"layers", "net", "tensor"},
	"chart":               {"internal/atomicfile"},
	"diagram":             {"chart", "ghost", "internal/figures", "layers", "net", "tensor"},
	"checkpoint":          {},
	"checkpoint/ghostnet": {"cfg", "checkpoint", "net", "weights"},
	"ghostify":            {"cfg", "ghost", "ghost/cheap", "kernels", "layers", "net", "tensor", "weights"},
	"ghost/cheap":         {"kernels", "tensor"},
	"ghost/redundancy":    {"ghost/cheap", "tensor"},
	"onnx":                {"kernels", "layers", "net", "tensor", "weights"},
	"rewrite":             {"cfg", "kernels", "layers", "net", "weights"},
	"cfgs":                {},
	"models":              {},
	"cmd/ghostdark":       {"anchors", "cfg", "cfgs", "chart", "checkpoint", "checkpoint/ghostnet", "dataset", "design", "detect", "diagram", "evaluate", "ghost", "ghost/cheap", "ghost/redundancy", "ghostify", "internal/atomicfile", "internal/figures", "layers", "models", "net", "onnx", "picture", "report", "rewrite", "source", "tensor", "video", "weights"},
	"bench/compare":       {},
	"docs":                {},
	"internal/atomicfile": {},
	"internal/cpu":        {},
	"internal/figures":    {},
	"internal/structure":  {},
	"internal/testkit":    {},
}

// modules lists for each module besides the standard library the packages that may import it.
// What only tests need is left out.
var modules = map[string][]string{
	"github.com/gen2brain/jpegn":        {"picture"},
	"github.com/spf13/cobra":            {"cmd/ghostdark"},
	"github.com/spf13/pflag":            {"cmd/ghostdark"},
	"github.com/rogpeppe/go-internal":   {"models"},
	"go.yaml.in/yaml/v3":                {"cmd/ghostdark"},
	"golang.org/x/image":                {"chart", "picture"},
	"golang.org/x/sys":                  {"internal/cpu"},
	"gonum.org/v1/gonum":                {"ghost/cheap", "ghostify", "kernels"},
	"google.golang.org/protobuf":        {"checkpoint"},
	"gopkg.in/ini.v1":                   {"cfg"},
	"github.com/bmatcuk/doublestar/v4":  {"source"},
	"gonum.org/v1/plot":                 {"chart"},
	"github.com/schollz/progressbar/v3": {"cmd/ghostdark"},
	"golang.org/x/term":                 {"cmd/ghostdark"},
}

func TestImportDirection(t *testing.T) {
	seen := map[string]bool{}
	root := testkit.Root()
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != root && (strings.ContainsAny(name[:1], "_.") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		pkg := path.Dir(relative)
		seen[pkg] = true
		if _, listed := imports[pkg]; !listed {
			t.Errorf("%s: package %s has no row in the table of imports", relative, pkg)
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !mayImport(pkg, imported) {
				t.Errorf("%s: package %s must not import %s", relative, pkg, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range imports {
		if !seen[pkg] {
			t.Errorf("the table of imports lists %s, but there is no such package below %s", pkg, root)
		}
	}
}

// TestArchitecture holds that the table of packages in ARCHITECTURE.md lists what each one may import, and only
// packages further down.
func TestArchitecture(t *testing.T) {
	text := string(testkit.Bytes(t, filepath.Join(testkit.Root(), "ARCHITECTURE.md")))
	_, text, _ = strings.Cut(text, "## Packages")
	text, _, _ = strings.Cut(text, "\n## ")
	place, rows := map[string]int{}, map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\| .* \\| ([^|]*) \\|$").FindAllStringSubmatch(text, -1) {
		place[m[1]], rows[m[1]] = len(place)+1, m[2]
	}
	for pkg, allowed := range imports {
		row, listed := rows[pkg]
		if !listed {
			t.Errorf("the table in ARCHITECTURE.md has no row for %s", pkg)
			continue
		}
		for _, own := range allowed {
			if place[own] < place[pkg] {
				t.Errorf("%s imports %s, which stands above it in ARCHITECTURE.md", pkg, own)
			}
		}
		shown := strings.Split(row, ", ")
		if row == "–" {
			shown = nil
		}
		slices.Sort(shown)
		if pkg != "cmd/ghostdark" && !slices.Equal(shown, slices.Sorted(slices.Values(allowed))) {
			t.Errorf("%s may import %v, but ARCHITECTURE.md says %v", pkg, allowed, shown)
		}
	}
	for pkg := range rows {
		if _, listed := imports[pkg]; !listed {
			t.Errorf("ARCHITECTURE.md has a row for %s, which the table of imports doesn't list", pkg)
		}
	}
}

// mayImport reports whether the tables allow pkg to import a package.
func mayImport(pkg, imported string) bool {
	if own, ok := strings.CutPrefix(imported, module); ok {
		return slices.Contains(imports[pkg], own)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return imported != "C" // the standard library, but no cgo
	}
	for name, users := range modules {
		if imported == name || strings.HasPrefix(imported, name+"/") {
			return slices.Contains(users, pkg)
		}
	}
	return false
}
