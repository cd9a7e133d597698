package docs

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/kernels"
)

// pages returns the project's Markdown files by their path below the project's folder.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "bench/*.md", "testdata/*.md", "testdata/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(testkit.Root(), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name, err := filepath.Rel(testkit.Root(), file)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.ToSlash(name)] = string(testkit.Bytes(t, file))
		}
	}
	if found["README.md"] == "" || found["docs/cfg.md"] == "" {
		t.Fatalf("README.md and docs/cfg.md are not among the pages found")
	}
	return found
}

// blocks returns the contents of a page's fenced blocks of one language.
func blocks(page, language string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestCfgPageIsCurrent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cfg.md")
	if out, err := exec.Command("go", "run", "./_gen", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !bytes.Equal(testkit.Bytes(t, file), testkit.Bytes(t, "cfg.md")) {
		t.Error("docs/cfg.md is not what docs/_gen writes: run go generate ./docs")
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
)

func TestLinks(t *testing.T) {
	all := pages(t)
	checked := 0
	for name, page := range all {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			checked++
			path := name
			if target != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
			}
			if _, err := os.Stat(filepath.Join(testkit.Root(), path)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
			} else if fragment != "" && !anchors(all[path])[fragment] {
				t.Errorf("%s: %s has no heading for the link %s", name, path, m[1])
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d links were found", checked)
	}
}

// anchors returns the names by which links can point at a page's headings.
func anchors(page string) map[string]bool {
	names := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		names[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	return names
}

// TestGoBlocks holds that Go code on the pages stands in a source file too, where it is
// compiled and tested. Indentation is not compared, nor the ../ that leads out of a package.
func TestGoBlocks(t *testing.T) {
	flatten := func(text string) string {
		var lines []string
		for line := range strings.Lines(text) {
			lines = append(lines, strings.TrimSpace(line))
		}
		return strings.ReplaceAll(strings.Trim(strings.Join(lines, "\n"), "\n"), "../", "")
	}
	var sources []string
	err := filepath.WalkDir(testkit.Root(), func(file string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".go") {
			sources = append(sources, flatten(string(testkit.Bytes(t, file))))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range pages(t) {
		for _, block := range blocks(page, "go") {
			for _, part := range strings.Split(flatten(block), "\n…\n") {
				found := false
				for _, source := range sources {
					found = found || strings.Contains(source, part)
				}
				if !found {
					t.Errorf("%s: no source file holds\n%s", name, part)
				}
			}
		}
	}
}

// TestCommands runs the commands that the pages show and compares what they print. On the pages
// … stands for any text, on a line of its own for any lines. What chooses kernels with --cpu is
// left out where the processor doesn't have them.
func TestCommands(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "ghostdark.exe")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/ghostdark").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"cfgs", "docs", "testdata/import"} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(testkit.Root(), name))); err != nil {
			t.Fatal(err)
		}
	}
	ran := 0
	for name, page := range pages(t) {
		for _, block := range blocks(page, "console") {
			for _, example := range strings.Split(strings.TrimPrefix(block, "$ "), "\n$ ") {
				command, shown, _ := strings.Cut(example, "\n")
				line := strings.Replace(command, "go run ./cmd/ghostdark", "ghostdark", 1)
				args, ok := strings.CutPrefix(line, "ghostdark ")
				if !ok {
					t.Errorf("%s: only ghostdark is run, not %s", name, command)
					continue
				}
				ran++
				if _, rest, chosen := strings.Cut(args, "--cpu "); chosen {
					cpu, _, _ := strings.Cut(rest, " ")
					if _, err := kernels.Find(cpu); err != nil {
						t.Logf("%s: %s is not run: %v", name, command, err)
						continue
					}
				}
				cmd := exec.Command(program, strings.Fields(args)...)
				cmd.Dir = folder
				out, err := cmd.CombinedOutput()
				if _, failed := err.(*exec.ExitError); err != nil && !failed {
					t.Fatal(err)
				}
				if !pattern(shown).Match(out) {
					t.Errorf("%s: %s prints\n%.4000s\nbut the page shows\n%s", name, command, out, shown)
				}
			}
		}
	}
	if ran < 5 {
		t.Errorf("only %d commands were found", ran)
	}
}

// pattern makes an expression of the output that a page shows. Blanks at line ends don't count.
func pattern(shown string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^`)
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(line, " \n")
		if line == "…" {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
		b.WriteString(` *\n`)
	}
	b.WriteString(`$`)
	return regexp.MustCompile(b.String())
}
