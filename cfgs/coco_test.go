package cfgs

import "testing"

func TestCOCONames(t *testing.T) {
	names := COCONames()
	if len(names) != 80 {
		t.Fatalf("%d names", len(names))
	}
	for class, want := range map[int]string{0: "person", 1: "bicycle", 2: "car", 7: "truck", 9: "traffic light", 15: "cat", 16: "dog", 79: "toothbrush"} {
		if names[class] != want {
			t.Errorf("class %d is %q, want %q", class, names[class], want)
		}
	}
}
