package detect

import (
	"reflect"
	"testing"
)

var (
	leftBox  = Box{0.2, 0.5, 0.2, 0.2}
	rightBox = Box{0.7, 0.5, 0.4, 0.4}
	found    = []Candidate{
		{Box: rightBox, Objectness: 1, Prob: []float32{0.3, 0.9, 0.3}},
		{Box: leftBox, Objectness: 1, Prob: []float32{0.6, 0.3, 0}},
		{Box: leftBox, Objectness: 0, Prob: []float32{0, 0, 0}},
	}
)

func TestDetections(t *testing.T) {
	tests := []struct {
		name   string
		filter Filter
		want   []Detection
	}{
		{"all", Filter{Thresh: 0.25}, []Detection{
			{1, 0.9, rightBox}, {0, 0.6, leftBox}, {0, 0.3, rightBox}, {1, 0.3, leftBox}, {2, 0.3, rightBox},
		}},
		{"threshold is exclusive", Filter{Thresh: 0.3}, []Detection{{1, 0.9, rightBox}, {0, 0.6, leftBox}}},
		{"top", Filter{Thresh: 0.25, Top: 3}, []Detection{{1, 0.9, rightBox}, {0, 0.6, leftBox}, {0, 0.3, rightBox}}},
		{"top of few", Filter{Thresh: 0.5, Top: 3}, []Detection{{1, 0.9, rightBox}, {0, 0.6, leftBox}}},
		{"classes", Filter{Thresh: 0.25, Classes: []int{0, 2}}, []Detection{{0, 0.6, leftBox}, {0, 0.3, rightBox}, {2, 0.3, rightBox}}},
		{"no class", Filter{Thresh: 0.25, Classes: []int{}}, []Detection{}},
	}
	for _, tt := range tests {
		if got := Detections(found, tt.filter); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestInOrder(t *testing.T) {
	want := []Detection{{0, 0.3, rightBox}, {1, 0.9, rightBox}, {2, 0.3, rightBox}, {0, 0.6, leftBox}, {1, 0.3, leftBox}}
	if got := InOrder(found, Filter{Thresh: 0.25}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestBestDetections(t *testing.T) {
	tests := []struct {
		name   string
		filter Filter
		want   []Detection
	}{
		{"all", Filter{Thresh: 0.25}, []Detection{
			{0, 0.6, leftBox}, {1, 0.3, leftBox}, {1, 0.9, rightBox}, {0, 0.3, rightBox}, {2, 0.3, rightBox},
		}},
		{"top", Filter{Thresh: 0.25, Top: 3}, []Detection{{0, 0.6, leftBox}, {1, 0.9, rightBox}, {0, 0.3, rightBox}}},
		{"classes", Filter{Thresh: 0.25, Classes: []int{2, 0}}, []Detection{{0, 0.6, leftBox}, {0, 0.3, rightBox}, {2, 0.3, rightBox}}},
	}
	for _, tt := range tests {
		if got := BestDetections(found, tt.filter); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRect(t *testing.T) {
	d := Detection{Box: Box{0.5, 0.25, 0.25, 1}}
	left, top, width, height := d.Rect(800, 400)
	if left != 300 || top != -100 || width != 200 || height != 400 {
		t.Errorf("rectangle %v %v %v %v", left, top, width, height)
	}
}
