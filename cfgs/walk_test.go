package cfgs

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// section is one [kind] of a cfg with its options, blanks removed.
type section struct {
	kind    string
	options map[string]string
}

func sections(t *testing.T, name string) []section {
	t.Helper()
	text, ok := File(name)
	if !ok {
		t.Fatalf("no embedded %s", name)
	}
	var out []section
	for line := range strings.Lines(string(text)) {
		line = strings.ReplaceAll(strings.TrimSpace(line), " ", "")
		key, value, _ := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			out = append(out, section{strings.Trim(line, "[]"), map[string]string{}})
		default:
			out[len(out)-1].options[key] = value
		}
	}
	return out
}

// number returns an option's integer, or otherwise where the section has none.
func (s section) number(t *testing.T, key string, otherwise int) int {
	t.Helper()
	value, ok := s.options[key]
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("[%s] %s=%s: %v", s.kind, key, value, err)
	}
	return n
}

// numbers returns an option's comma-separated list of integers.
func (s section) numbers(t *testing.T, key string) []int {
	t.Helper()
	var out []int
	for item := range strings.SplitSeq(s.options[key], ",") {
		n, err := strconv.Atoi(item)
		if err != nil {
			t.Fatalf("[%s] %s=%s: %v", s.kind, key, s.options[key], err)
		}
		out = append(out, n)
	}
	return out
}

type shape struct{ c, h, w int }

// extent is what a cfg amounts to: each layer's output shape, the floats of its weights
// file and its multiply-adds.
type extent struct {
	shapes []shape
	floats int
	macs   int
}

// walk computes the extent for a picture of h×w, for the section kinds that the cfgs of
// this folder use, and fails where two layers don't fit together.
func walk(t *testing.T, secs []section, h, w int) extent {
	t.Helper()
	var e extent
	at := shape{secs[0].number(t, "channels", 0), h, w}
	for i, s := range secs[1:] {
		earlier := func(index int) shape {
			if index < 0 {
				index += i
			}
			if index < 0 || index >= i {
				t.Fatalf("layer %d [%s]: no layer %d before it", i, s.kind, index)
			}
			return e.shapes[index]
		}
		switch s.kind {
		case "convolutional":
			filters, size := s.number(t, "filters", 1), s.number(t, "size", 1)
			stride, groups := s.number(t, "stride", 1), s.number(t, "groups", 1)
			padding := 0
			if s.number(t, "pad", 0) == 1 {
				padding = size / 2
			}
			if at.c%groups != 0 || filters%groups != 0 {
				t.Fatalf("layer %d: %d maps and %d filters in %d groups", i, at.c, filters, groups)
			}
			weights := filters * (at.c / groups) * size * size
			e.floats += weights + filters
			if s.number(t, "batch_normalize", 0) == 1 {
				e.floats += 3 * filters
			}
			at = shape{filters, (at.h+2*padding-size)/stride + 1, (at.w+2*padding-size)/stride + 1}
			e.macs += weights * at.h * at.w
		case "route":
			joined := shape{}
			for _, index := range s.numbers(t, "layers") {
				part := earlier(index)
				if joined.c > 0 && (joined.h != part.h || joined.w != part.w) {
					t.Fatalf("layer %d: route joins %v and %v", i, joined, part)
				}
				joined = shape{joined.c + part.c, part.h, part.w}
			}
			at = joined
		case "shortcut":
			if from := earlier(s.number(t, "from", 0)); from != at {
				t.Fatalf("layer %d: shortcut adds %v to %v", i, from, at)
			}
		case "scale_channels":
			from := earlier(s.number(t, "from", 0))
			if at != (shape{from.c, 1, 1}) {
				t.Fatalf("layer %d: scales %v by %v", i, from, at)
			}
			at = from
		case "avgpool":
			at = shape{at.c, 1, 1}
		case "upsample":
			stride := s.number(t, "stride", 0)
			at = shape{at.c, at.h * stride, at.w * stride}
		case "yolo":
			masks := s.numbers(t, "mask")
			if want := (s.number(t, "classes", 0) + 5) * len(masks); at.c != want {
				t.Fatalf("layer %d: yolo reads %d maps, wants %d", i, at.c, want)
			}
			num := s.number(t, "num", 0)
			if anchors := s.numbers(t, "anchors"); len(anchors) != 2*num || slices.Max(masks) >= num {
				t.Fatalf("layer %d: num=%d with %d anchor numbers and masks %v", i, num, len(anchors), masks)
			}
		case "dropout", "softmax":
		default:
			t.Fatalf("layer %d: unexpected section [%s]", i, s.kind)
		}
		e.shapes = append(e.shapes, at)
	}
	return e
}
