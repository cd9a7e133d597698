package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// badSettings are files of settings that can't be followed, with what is said of them.
var badSettings = []struct{ name, text, message string }{
	{"a misspelt flag", "thresh: 0.5\ntreads: 2\n", `ghostdark.yaml:2:1: "treads" is no command or flag; did you mean threads?`},
	{"a misspelt command", "detec:\n  thresh: 0.5\n", `ghostdark.yaml:1:1: "detec" is no command or flag; did you mean detect?`},
	{"a strange name", "colour: red\n", `ghostdark.yaml:1:1: "colour" is no command or flag`},
	{"a misspelt flag of a command", "detect:\n  tresh: 0.5\n", `ghostdark.yaml:2:3: "tresh" is no setting of detect; did you mean thresh?`},
	{"a flag of another command", "classify:\n  thresh: 0.5\n", `ghostdark.yaml:2:3: "thresh" is no setting of classify`},
	{"a flag of another subcommand", "export:\n  onnx:\n    stock: true\n", `ghostdark.yaml:3:5: "stock" is no setting of export onnx`},
	{"a flag that can't be set", "help: true\n", `ghostdark.yaml:1:1: "help" is no command or flag`},
	{"a command of cobra", "completion: {bash: {no-descriptions: true}}\n", `ghostdark.yaml:1:1: "completion" is no command or flag`},
	{"another file", "config: other.yaml\n", `ghostdark.yaml:1:1: "config" is no command or flag`},
	{"twice", "top: 1\nthresh: 0.5\ntop: 2\n", "ghostdark.yaml:3:1: top was set in line 1 already"},
	{"a command without settings", "detect: 0.5\n", "ghostdark.yaml:1:1: detect is a command: its settings are lines below it, further to the right"},
	{"no value", "threads:\n", "ghostdark.yaml:1:9: threads has no value"},
	{"a word for a number", "threads: two\n", `ghostdark.yaml:1:10: threads: "two" is not a whole number`},
	{"a fraction for a whole number", "threads: 1.5\n", `ghostdark.yaml:1:10: threads: "1.5" is not a whole number`},
	{"a word for a switch", "detect: {timing: yes}\n", `ghostdark.yaml:1:18: timing: "yes" is not true or false`},
	{"a list for a number", "threads: [1, 2]\n", "ghostdark.yaml:1:10: threads has a single value"},
	{"a mapping for a number", "threads: {a: 1}\n", "ghostdark.yaml:1:10: threads has a single value"},
	{"lists in a list", "detect: {classes: [[1]]}\n", "ghostdark.yaml:1:20: classes is a list of single values"},
	{"words in a list of numbers", "run: {layer: [1, two]}\n", "ghostdark.yaml:1:14: layer: 1,two is not a whole number, or several with commas"},
	{"a value for another command", "bench: {reps: many}\n", `ghostdark.yaml:1:15: reps: "many" is not a whole number`},
	{"a value that suits one command only", "classes: cat\n", `ghostdark.yaml:1:10: classes of labels check: "cat" is not a whole number`},
	{"a list", "- threads\n", "ghostdark.yaml:1:1: settings are lines of NAME: VALUE"},
	{"a word", "threads=2\n", "ghostdark.yaml:1:1: settings are lines of NAME: VALUE"},
	{"no YAML", "threads: [1,\n", "ghostdark.yaml: line "},
	{"tabs", "detect:\n\tthresh: 1\n", "ghostdark.yaml: line 2: found character that cannot start any token"},
	{"two documents", "threads: 1\n---\nthreads: 2\n", "ghostdark.yaml: has a second document; settings are one"},
	{"an alias of itself", "threads: &a [*a]\n", "ghostdark.yaml:1:10: threads has a single value"},
	{"too large", strings.Repeat("# nothing\n", maxSettings/10+1), "ghostdark.yaml: more than 1 MiB is too big for a file of settings"},
}

func TestBadSettings(t *testing.T) {
	t.Setenv(variables+"CONFIG", "")
	t.Chdir(t.TempDir())
	for _, bad := range badSettings {
		t.Run(bad.name, func(t *testing.T) {
			write(t, settingsName, []byte(bad.text))
			told := refuse(t, exitFailed, "classify")
			if !strings.HasPrefix(told, "ghostdark: "+bad.message) {
				t.Errorf("told:\n%s\nwant:\n%s", told, bad.message)
			}
			if strings.Count(told, "\n") != 1 {
				t.Errorf("more than a line: %q", told)
			}
		})
	}
	if err := os.Remove(settingsName); err != nil {
		t.Fatal(err)
	}
	wantLines(t, refuse(t, exitFailed, "classify", "--config", "missing.yaml"), "ghostdark: missing.yaml: no such file or directory")
	wantLines(t, refuse(t, exitFailed, "classify", "--config", "."), "ghostdark: .: is a directory")
	for _, empty := range []string{"", "# nothing\n", "---\n", "null\n", "{}\n"} {
		write(t, settingsName, []byte(empty))
		say(t, "classify", "--top", "1")
	}
}

// TestSettingsOfOneCommand wants a flag that all commands have in common to be set for one of them only.
func TestSettingsOfOneCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "s.yaml", []byte("models-dir: common\nbench:\n  models-dir: other\nmodels:\n  path: {models-dir: mine}\n"))
	if out, _ := say(t, "models", "path", "--config", "s.yaml"); out != "mine\n" {
		t.Errorf("path gives %q", out)
	}
	wantLines(t, refuse(t, exitFailed, "models", "path", "yolov4", "--config", "s.yaml"),
		"ghostdark: yolov4: this model isn't here yet", "  = hint: Fetch its 246 MiB with: ghostdark models pull yolov4")
	if out, _ := say(t, "models", "path", "--config", "s.yaml", "--models-dir", "given"); out != "given\n" {
		t.Errorf("path gives %q", out)
	}
}

// TestCommandOrFlag wants a name that a command and a flag have to be understood by its value.
func TestCommandOrFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "s.yaml", []byte("labels: nowhere\n"))
	wantLines(t, refuse(t, exitFailed, "evaluate", "detect", "--data", "x.data", "--config", "s.yaml"), "ghostdark: x.data: no such file or directory")
	write(t, "picture.png", pngFile(20, 20))
	if told := refuse(t, exitFailed, "evaluate", "detect", "--images", ".", "--config", "s.yaml"); !strings.HasPrefix(told, "ghostdark: nowhere: ") {
		t.Errorf("told %q", told)
	}
	write(t, "s.yaml", []byte("labels:\n  check:\n    data: nowhere.data\n"))
	wantLines(t, refuse(t, exitFailed, "labels", "check", "--config", "s.yaml"), "ghostdark: nowhere.data: no such file or directory")
}

func FuzzSettings(f *testing.F) {
	for _, bad := range badSettings {
		if len(bad.text) < 1000 {
			f.Add([]byte(bad.text))
		}
	}
	f.Add([]byte("a: &x 1\nthreads: *x\n<<: {top: 1}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		const path = "s.yaml"
		s, err := parseSettings(path, text)
		if err == nil {
			running, _, findErr := newRoot().Find([]string{"detect"})
			if findErr != nil {
				t.Fatal(findErr)
			}
			err = s.apply(running)
		}
		if err != nil && !bytes.HasPrefix([]byte(err.Error()), []byte(path+":")) {
			t.Errorf("the error %q doesn't begin with the file", err)
		}
	})
}
