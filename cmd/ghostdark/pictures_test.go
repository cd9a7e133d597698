package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// TestSessionsChangeNothing looks at pictures, one of which is missing, with one session and
// with several: nothing but the times may differ, and nothing the order.
func TestSessionsChangeNothing(t *testing.T) {
	cfgs := filepath.Join(testkit.Root(), "cfgs")
	smear, trousers := filepath.Join(cfgs, "smear.jpg"), filepath.Join(cfgs, "trousers.png")
	pictures := []string{smear, trousers, smear, "missing.jpg", trousers, trousers, smear, trousers}
	times := regexp.MustCompile(`Predicted in .*|_ms": [0-9.e-]+`)
	for _, command := range [][]string{{"detect", "--output", "none"}, {"detect", "--json"}, {"classify"}, {"classify", "--json"}} {
		told := func(more ...string) string {
			var stdout, stderr bytes.Buffer
			args := append(append(command, pictures...), more...)
			if code := execute(context.Background(), args, &stdout, &stderr); code != exitFailed {
				t.Errorf("%v: exit code %d", args, code)
			}
			return times.ReplaceAllString(stdout.String()+stderr.String(), "…")
		}
		want := told()
		if !strings.HasSuffix(want, "missing.jpg: no such file or directory\nghostdark: 1 of 8 pictures failed\n") {
			t.Errorf("%v told\n%s", command, want)
		}
		for _, sessions := range []string{"2", "3", "20"} {
			if got := told("--sessions", sessions, "--threads", "4"); got != want {
				t.Errorf("%v with %s sessions told\n%s\nwant\n%s", command, sessions, got, want)
			}
		}
	}
}

// TestSessionsStop interrupts several sessions: what was found before is shown, and no more.
func TestSessionsStop(t *testing.T) {
	smear := filepath.Join(testkit.Root(), "cfgs", "smear.jpg")
	ctx, stop := context.WithCancel(context.Background())
	stdout := &interruption{stop: stop}
	var stderr bytes.Buffer
	args := append([]string{"detect", "--output", "none", "--sessions", "2", "--threads", "2"}, slices.Repeat([]string{smear}, 40)...)
	code := execute(ctx, args, stdout, &stderr)
	shown := strings.Count(stdout.String(), "Predicted in")
	if code != exitStopped || shown < 1 || shown > 30 {
		t.Errorf("exit code %d, %d pictures shown", code, shown)
	}
	if told := stderr.String(); !strings.HasSuffix(told, fmt.Sprintf("\nghostdark: stopped after %s\n", counted(shown, "picture"))) {
		t.Errorf("told:\n%s", told)
	}
}
