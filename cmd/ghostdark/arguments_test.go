package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"
)

// commandsBelow lists the commands that do something, but for those that fetch models or only write texts.
func commandsBelow(c *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, below := range c.Commands() {
		if !slices.Contains([]string{"completion", "help", "man", "pull"}, below.Name()) {
			found = append(found, commandsBelow(below)...)
		}
	}
	if len(found) == 0 && c.Runnable() {
		found = append(found, c)
	}
	return found
}

// TestAnyArguments holds that whatever the arguments are, the program ends with one of its exit codes, says why if it failed, and
// leaves no half of a file and none of its operands changed.
func TestAnyArguments(t *testing.T) {
	enterFolder(t)
	write(t, "torn.weights", good["detector.weights"][:100])
	write(t, "torn.cfg", good["detector.cfg"][:len(good["detector.cfg"])/2])
	write(t, "torn.jpg", good["picture.jpg"][:100])
	write(t, "list.txt", []byte("picture.png\nlist.txt\nnone.png\n"))
	write(t, "my.data", []byte("classes = 1\nvalid = list.txt\ntrain = list.txt\nnames = detector.names\n"))
	write(t, "picture.txt", []byte("0 .5 .5 .2 .2\n9 NaN 1e99 -1\n"))
	inputs := map[string][]byte{}
	entries, _ := os.ReadDir(".")
	var names []string
	for _, e := range entries {
		inputs[e.Name()], _ = os.ReadFile(e.Name())
		names = append(names, e.Name())
	}
	names = append(names, "none", "", "[") // no folder with inputs, in which results would be welcome to replace them
	left := []string{"config", "models-dir", "autotune", "help", "seconds", "reps", "warmup", "fail-slower"}
	commands := commandsBelow(newRoot())
	rapid.Check(t, func(t *rapid.T) {
		command := rapid.SampledFrom(commands).Draw(t, "command")
		args := strings.Fields(command.CommandPath())[1:]
		if len(args) == 1 && command.Name() != "anchors" && command.Name() != "new" {
			args = append(args, rapid.SampledFrom([][]string{{"detector.cfg"}, {"detector.cfg", "detector.weights"}, {"classifier.cfg", "classifier.weights"}, {}}).Draw(t, "model")...)
		}
		args = append(args, rapid.SliceOfN(rapid.SampledFrom(append(names, ".")), 0, 2).Draw(t, "operands")...)
		var flags []*pflag.Flag
		command.Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(left, f.Name) {
				flags = append(flags, f)
			}
		})
		values := append([]string{"0", "1", "2", "3", "-1", "NaN", "Inf", "0.5", "8", "1e9", "99999999999999999999", "9223372036854775807", "0-1", ",", "1GiB", "out.png", "out.cfg", "out/", "svg"}, names...)
		for range rapid.IntRange(0, min(4, 99*len(flags))).Draw(t, "flags") {
			f := rapid.SampledFrom(flags).Draw(t, "flag")
			if f.Value.Type() == "bool" {
				args = append(args, "--"+f.Name)
			} else {
				args = append(args, "--"+f.Name+"="+rapid.SampledFrom(values).Draw(t, f.Name))
			}
		}
		args = append(args, "--config=none")
		if command.Flags().Lookup("reps") != nil {
			args = append(args, "--reps=1", "--warmup=0")
		}
		var stdout, stderr bytes.Buffer
		code := execute(context.Background(), args, &stdout, &stderr)
		if !slices.Contains([]int{exitDone, exitFailed, exitUsage, exitStopped}, code) || code != exitDone && stderr.Len() == 0 {
			t.Fatalf("%q: exit code %d, told %q", args, code, &stderr)
		}
		for name, want := range inputs {
			got, err := os.ReadFile(name)
			if err == nil && bytes.Equal(got, want) {
				continue
			}
			if slices.Contains(args, name) {
				t.Fatalf("%q: changed %s: %v", args, name, err)
			}
			if err := os.WriteFile(name, want, 0o666); err != nil { // an output was given its name
				t.Fatal(err)
			}
		}
		if torn, _ := filepath.Glob(".ghostdark-*"); len(torn) > 0 {
			t.Fatalf("%q: left behind %v", args, torn)
		}
	})
}
