package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// interruption is an output on which the first text interrupts the program.
type interruption struct {
	bytes.Buffer
	stop context.CancelFunc
}

func (i *interruption) Write(p []byte) (int, error) {
	i.stop()
	return i.Buffer.Write(p)
}

// TestInterrupt holds that after an interruption only pictures in hand are finished.
func TestInterrupt(t *testing.T) {
	smear := filepath.Join(testkit.Root(), "cfgs", "smear.jpg")
	for _, command := range []string{"detect", "classify"} {
		ctx, stop := context.WithCancel(context.Background())
		stdout := &interruption{stop: stop}
		var stderr bytes.Buffer
		args := append([]string{command, "--output", "none"}, slices.Repeat([]string{smear}, 40)...)
		code := execute(ctx, args, stdout, &stderr)
		shown := strings.Count(stdout.String(), "Predicted in")
		if code != exitStopped || shown < 1 || shown > 30 {
			t.Errorf("%s: exit code %d after\n%s", command, code, stdout)
		}
		if told, want := stderr.String(), fmt.Sprintf("\nghostdark: stopped after %s\n", counted(shown, "picture")); !strings.HasSuffix(told, want) {
			t.Errorf("%s: told:\n%s\nwant:\n%s", command, told, want)
		}
	}
}

// program makes a command of the program itself, which is this test under another name.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Ctrl-C can't be sent to a process there")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "ghostdark")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return exec.Command(link, args...)
}

// TestCtrlC sends Ctrl-C to a run without an end: it finishes what is in hand, closes its files and says how to go on.
func TestCtrlC(t *testing.T) {
	smear := filepath.Join(testkit.Root(), "cfgs", "smear.jpg")
	folder := t.TempDir()
	cmd := program(t, "detect", "-", "--stdin-list", "--classes", "WBC", "--jsonl=found.jsonl", "--labels", "labels")
	cmd.Dir = folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(stdin, smear) // and no more: the program waits for lines when it is interrupted
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "WBC: 95%" {
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, stdout)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitStopped {
		t.Errorf("%v\n%s", err, &stderr)
	}
	if want := "\nghostdark: stopped after 1 picture; the same command with --resume goes on from there\n"; !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("told:\n%s\nwant:\n%s", &stderr, want)
	}
	found := testkit.Bytes(t, filepath.Join(folder, "found.jsonl"))
	if n := bytes.Count(found, []byte("\n")); n != 1 {
		t.Errorf("%d lines:\n%s", n, found)
	}
	testkit.Bytes(t, filepath.Join(folder, "labels", "smear.txt"))
}

// TestCtrlCTwice holds that a second Ctrl-C ends the program at once, and leaves nothing half written.
func TestCtrlCTwice(t *testing.T) {
	folder := t.TempDir()
	cmd := program(t, "detect", "--reference", "--width", "3200", "--height", "3200", "--json=found.json")
	cmd.Dir = folder
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	for range 200 { // until it writes
		if entries, _ := os.ReadDir(folder); len(entries) > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(time.Second) // until the network runs, which takes several seconds
	for _, within := range []time.Duration{time.Second, 20 * time.Second} {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ended:
		case <-time.After(within):
		}
	}
	if code := cmd.ProcessState.ExitCode(); code != exitStopped {
		t.Errorf("exit code %d", code)
	}
	if entries, _ := os.ReadDir(folder); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestBrokenPipe closes the pipe that results go to, as head does: the program ends soon, with its files in order.
func TestBrokenPipe(t *testing.T) {
	smear := filepath.Join(testkit.Root(), "cfgs", "smear.jpg")
	folder := t.TempDir()
	cmd := program(t, "detect", "-", "--stdin-list", "--json=found.json")
	cmd.Dir = folder
	cmd.Stdin = strings.NewReader(strings.Repeat(smear+"\n", 10_000))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	stdout.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("%v\n%s", err, &stderr)
	}
	if told := stderr.String(); !strings.Contains(told, "ghostdark: the results can't be written: ") {
		t.Errorf("told:\n%s", told)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".ghostdark-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if pictures := bytes.Count(testkit.Bytes(t, filepath.Join(folder, "found.json")), []byte("frame_id")); pictures > 1000 {
		t.Errorf("went on for %d pictures", pictures)
	}
}
