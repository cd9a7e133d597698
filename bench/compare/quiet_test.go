package main

import (
	"testing"
	"time"
)

func TestParseBusy(t *testing.T) {
	busy, ok := parseBusy("cpu  100 20 30 999999 888 4 5 6 70 80")
	if want := 1650 * time.Millisecond; !ok || busy != want {
		t.Errorf("%v, %v, want %v", busy, ok, want)
	}
	for _, line := range []string{"", "cpu 1 2", "intr 1 2 3 4 5 6 7 8 9", "cpu 1 2 x 4 5 6 7 8 9"} {
		if _, ok := parseBusy(line); ok {
			t.Errorf("%q is taken", line)
		}
	}
}

func TestOthers(t *testing.T) {
	const claimed = time.Hour // more than can have been
	if share := others(func() time.Duration { return claimed }); share != 0 {
		t.Errorf("others took %v", share)
	}
	if _, ok := busyTime(); !ok {
		t.Skip("this system does not tell how busy it is")
	}
	share := others(func() time.Duration { // which conceals its work
		for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		}
		return 0
	})
	if share < .5 {
		t.Errorf("others took %v, want about 1", share)
	}
}
