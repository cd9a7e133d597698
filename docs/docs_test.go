package docs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
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

// TestCommands runs the commands that the pages show, of ghostdark and of the programs in _embed, and compares what they
// print. On the pages … stands for any text, on a line of its own for any lines. What chooses kernels with --cpu is
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
				if embedded, isOne := strings.CutPrefix(line, "go run ./docs/_embed/"); isOne {
					ran++
					checkOutput(t, name, command, shown, testkit.Root(), "go", append([]string{"run"}, strings.Fields("./docs/_embed/"+embedded)...)...)
					continue
				}
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
				checkOutput(t, name, command, shown, folder, program, strings.Fields(args)...)
			}
		}
	}
	if ran < 5 {
		t.Errorf("only %d commands were found", ran)
	}
	checkDrawings(t, filepath.Join(folder, "docs"))
}

// checkDrawings holds that commands on the pages that draw into the folder docs draw what lies there.
func checkDrawings(t *testing.T, drawn string) {
	if runtime.GOARCH != "amd64" {
		t.Log("drawings are not compared: elsewhere the last digits of coordinates may differ")
		return
	}
	files, err := filepath.Glob(filepath.Join(drawn, "*.svg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no drawings: %v", err)
	}
	for _, file := range files {
		if name := filepath.Base(file); !bytes.Equal(testkit.Bytes(t, file), testkit.Bytes(t, name)) {
			t.Errorf("docs/%s is not what the command on a page draws: run it again", name)
		}
	}
}

// TestServe runs the program that serves, sends it a picture, and something else.
func TestServe(t *testing.T) {
	program := filepath.Join(t.TempDir(), "serve.exe")
	if out, err := exec.Command("go", "build", "-o", program, "./_embed/serve").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := exec.Command(program, "-address", "127.0.0.1:0")
	server.Dir = testkit.Root()
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	post := func(body []byte) (status int, answer string) {
		resp, err := http.Post("http://"+strings.TrimSpace(address), "image/jpeg", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	status, answer := post(testkit.Bytes(t, filepath.Join(testkit.Root(), "cfgs", "smear.jpg")))
	if found := strings.Count(answer, `{"class":`); status != http.StatusOK || found < 15 {
		t.Errorf("status %d, %d objects: %s", status, found, answer)
	}
	if status, answer := post([]byte("no picture")); status != http.StatusBadRequest || !strings.HasPrefix(answer, "the picture: ") {
		t.Errorf("no picture gives %d: %s", status, answer)
	}
}

// TestSettings holds that the settings that a page shows are those in the file that its commands use.
func TestSettings(t *testing.T) {
	if shown := blocks(pages(t)["docs/config.md"], "yaml"); len(shown) != 1 || shown[0] != string(testkit.Bytes(t, "ghostdark.yaml")) {
		t.Errorf("docs/config.md shows %q", shown)
	}
}

// checkOutput runs a program in a folder and compares what it prints with what a page shows.
func checkOutput(t *testing.T, page, command, shown, folder, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	if !pattern(shown).Match(out) {
		t.Errorf("%s: %s prints\n%.4000s\nbut the page shows\n%s", page, command, out, shown)
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

// TestBinary makes the program of a guide, with the network that the guide makes in it, and runs it where nothing
// else is.
func TestBinary(t *testing.T) {
	folder := t.TempDir()
	run := func(dir string, env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	root := testkit.Root()
	stem := filepath.Join(folder, "ghostnet-0.35x")
	run(root, nil, "go", "run", "./cmd/ghostdark", "import", "ghostnet", "testdata/import/ghostnet-0.35x.safetensors", "--output", folder)
	run(root, nil, "go", "run", "./cmd/ghostdark", "export", "weights", stem+".cfg", stem+".weights", "--fold",
		"--output", filepath.Join(folder, "model.weights"), "--output-cfg", filepath.Join(folder, "model.cfg"))

	// The files are put beside the program without writing to the project.
	overlay := map[string]map[string]string{"Replace": {}}
	for _, name := range []string{"model.cfg", "model.weights"} {
		overlay["Replace"][filepath.Join(root, "docs", "_embed", "binary", name)] = filepath.Join(folder, name)
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "overlay.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	alone := t.TempDir()
	program := filepath.Join(alone, "classifier.exe")
	run(root, []string{"CGO_ENABLED=0"}, "go", "build", "-overlay", filepath.Join(folder, "overlay.json"), "-o", program, "./docs/_embed/binary")
	if err := os.WriteFile(filepath.Join(alone, "picture.png"), testkit.Bytes(t, filepath.Join(root, "cfgs", "trousers.png")), 0o666); err != nil {
		t.Fatal(err)
	}
	want := run(alone, nil, "go", "run", "-C", root, "./cmd/ghostdark", "classify", stem+".cfg", stem+".weights", filepath.Join(alone, "picture.png"), "--top", "1")
	best := regexp.MustCompile(`(?m)^class (\d+): `).FindStringSubmatch(want)
	got := run(alone, nil, program, "picture.png")
	if best == nil || !strings.HasPrefix(got, "picture.png: class "+best[1]+", ") {
		t.Errorf("the program says %q, classify\n%s", got, want)
	}
}
