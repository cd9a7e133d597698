package cfg

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEdit(t *testing.T) {
	const text = "# head\r\n[net]\nwidth = 8 # eight\nheight=8\n\n[convolutional] \n fil ters=16\n\n# about the activation\nactivation=leaky\nfilters=3\n\nsize=\n# next\n[route]\nlayers = -1, 4"
	f, _ := Parse("x.cfg", []byte(text))
	conv, route := f.Sections[1], f.Sections[2]
	for _, c := range []struct {
		name string
		edit func(*Edit)
		want string
	}{
		{"nothing", func(*Edit) {}, strings.ReplaceAll(text, "\r", "") + "\n"},
		{"value", func(e *Edit) { e.Set(conv, "filters", "4"); e.Set(route, "layers", "-3,4") },
			"# head\n[net]\nwidth = 8 # eight\nheight=8\n\n[convolutional] \n fil ters=4\n\n# about the activation\nactivation=leaky\nfilters=3\n\nsize=\n# next\n[route]\nlayers = -3,4\n"},
		{"new option in place of one without a value", func(e *Edit) { e.Set(conv, "size", "3") },
			"# head\n[net]\nwidth = 8 # eight\nheight=8\n\n[convolutional] \n fil ters=16\n\n# about the activation\nactivation=leaky\nfilters=3\n\nsize=3\n# next\n[route]\nlayers = -1, 4\n"},
		{"remove and append", func(e *Edit) {
			e.Remove(conv, "filters")
			e.Append(conv, "a=1\n")
			e.Append(conv, "b=2\n")
			e.RemoveSection(route)
		}, "# head\n[net]\nwidth = 8 # eight\nheight=8\n\n[convolutional] \n\n# about the activation\nactivation=leaky\n\nsize=\na=1\nb=2\n# next\n"},
		{"cut", func(e *Edit) { e.Append(conv, "a=1\n"); e.Append(route, "b=2\n"); e.Cut(route) },
			"# head\n[net]\nwidth = 8 # eight\nheight=8\n\n[convolutional] \n fil ters=16\n\n# about the activation\nactivation=leaky\nfilters=3\n\nsize=\na=1\n"},
		{"cut off blank lines", func(e *Edit) { e.Cut(conv) }, "# head\n[net]\nwidth = 8 # eight\nheight=8\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := f.Edit()
			c.edit(e)
			if got := string(e.Bytes()); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// TestEditReadsBack sets drawn options of drawn texts and reads the result.
func TestEditReadsBack(t *testing.T) {
	line := rapid.SampledFrom([]string{"[a]", "[b]", "", "# x", "key=1", "k ey = 2 3", "é=ü", "key", "key=", "other = \xff7", " = 4", "key=5"})
	rapid.Check(t, func(t *rapid.T) {
		text := "[net]\n" + strings.Join(rapid.SliceOf(line).Draw(t, "lines"), "\n")
		f, _ := Parse("x.cfg", []byte(text))
		s := rapid.SampledFrom(f.Sections).Draw(t, "section")
		key := rapid.SampledFrom([]string{"key", "é", "other", "new"}).Draw(t, "key")
		e := f.Edit()
		e.Set(s, key, "-7,8")
		again, _ := Parse("x.cfg", e.Bytes())
		if len(again.Sections) != len(f.Sections) {
			t.Fatalf("%d sections became %d", len(f.Sections), len(again.Sections))
		}
		for i, before := range f.Sections {
			for _, k := range []string{"key", "é", "other", "new"} {
				want := ""
				if o := before.Option(k); o != nil {
					want = o.Value
				}
				if before == s && k == key {
					want = "-7,8"
				}
				got := ""
				if o := again.Sections[i].Option(k); o != nil {
					got = o.Value
				}
				if got != want {
					t.Fatalf("section %d: %s is %q, want %q", i, k, got, want)
				}
			}
		}
	})
}
