package ghost

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawn is a random network of ghost structures and of what resembles them, with the layers at
// which the first are to be found: routes of modules, products of squeeze-and-excite, sums of
// bottlenecks.
type drawn struct {
	*rapid.T
	text              strings.Builder
	layers, channels  int
	modules, se, sums []int
}

func (d *drawn) int(name string, low, high int) int { return rapid.IntRange(low, high).Draw(d.T, name) }

func (d *drawn) bool(name string) bool { return rapid.Bool().Draw(d.T, name) }

// add appends a section and returns its index.
func (d *drawn) add(kind string, lines ...string) int {
	fmt.Fprintf(&d.text, "[%s]\n", kind)
	for _, l := range lines {
		fmt.Fprintln(&d.text, l)
	}
	d.layers++
	return d.layers - 1
}

func (d *drawn) conv(filters, size, stride, groups int, more ...string) int {
	d.channels = filters
	lines := []string{fmt.Sprint("filters=", filters), fmt.Sprint("size=", size), fmt.Sprint("stride=", stride), "pad=1", fmt.Sprint("groups=", groups)}
	return d.add("convolutional", append(lines, append(more, rapid.SampledFrom([]string{"activation=relu", "batch_normalize=1\nactivation=linear"}).Draw(d.T, "activation"))...)...)
}

// back refers to a layer, by its index or counting back.
func (d *drawn) back(layer int) int {
	if d.bool("absolute") {
		return layer
	}
	return layer - d.layers
}

func (d *drawn) route(from ...int) int {
	var refs []string
	for _, i := range from {
		refs = append(refs, fmt.Sprint(d.back(i)))
	}
	return d.add("route", "layers="+strings.Join(refs, ","))
}

// pass sometimes adds a layer that passes on the previous one's output.
func (d *drawn) pass() {
	switch d.int("pass on", 0, 5) {
	case 0:
		d.add("dropout")
	case 1:
		d.route(d.layers - 1)
	}
}

// module adds a ghost module and returns its route.
func (d *drawn) module(size, m int) int {
	s := d.int("s", 2, 5)
	primary := d.conv(m, size, 1, 1)
	d.pass()
	cheap := d.conv((s-1)*m, []int{1, 3, 5}[d.int("d", 0, 2)], 1, m)
	d.channels = s * m
	route := 0
	if d.bool("ghosts first") {
		route = d.route(cheap, primary)
	} else {
		route = d.route(primary, cheap)
	}
	d.modules = append(d.modules, route)
	return route
}

// lookalike adds what is nearly a ghost module.
func (d *drawn) lookalike() {
	const m = 4
	primaryGroups, cheapGroups, cheapStride := 1, m, 1
	what := d.int("lookalike", 0, 9)
	switch what {
	case 0:
		cheapGroups = 2
	case 1:
		cheapGroups = 1
	case 2:
		cheapStride = 2
	case 3:
		d.conv(4, 1, 1, 1)
		primaryGroups = 2
	}
	primary := d.conv(m, 3, 1, primaryGroups)
	from := []int{primary}
	switch what {
	case 4:
		d.add("batchnorm")
	case 5:
		d.add("maxpool", "size=3", "stride=1")
	case 6: // the cheap one reads another of the same shape
		d.route(primary)
		d.conv(m, 1, 1, 1)
	}
	cheap := d.conv(2*m, 3, cheapStride, cheapGroups)
	if what == 2 {
		cheap = d.add("upsample", "stride=2")
	}
	from = append(from, cheap)
	d.channels = 3 * m
	switch what {
	case 7:
		from = append(from, primary)
		d.channels += m
	case 8:
		from = []int{cheap, cheap}
		d.channels = 4 * m
	}
	d.route(from...)
	if what == 9 {
		d.conv(6, 1, 1, 1)
		d.route(primary)
		d.conv(6, 1, 1, 1)
	}
}

// squeeze adds squeeze-and-excite, or what is nearly that.
func (d *drawn) squeeze(near bool) {
	weighed, c := d.layers-1, d.channels
	what := -1
	if near {
		what = d.int("near SE", 0, 3)
	}
	if what == 0 { // the mean of other maps
		d.conv(c, 1, 1, 1)
	}
	d.add("avgpool")
	d.pass()
	if what == 1 {
		d.conv(c, 1, 1, 1) // three convolutions
	}
	switch {
	case what == 3:
		d.conv(c, 1, 1, 1)
	case d.bool("connected"):
		d.add("connected", "output=3")
	default:
		d.conv(3, 1, 1, 1)
	}
	if what == 2 {
		d.add("activation", "activation=swish")
	}
	groups := 1
	if what == 3 {
		groups = c
	}
	d.conv(c, 1, 1, groups) // factors that don't depend on all means
	product := d.add("scale_channels", fmt.Sprint("from=", d.back(weighed)))
	if !near {
		d.se = append(d.se, product)
		if d.bool("sum") {
			d.add("shortcut", fmt.Sprint("from=", d.back(weighed)))
		}
	}
}

// bottleneck adds a bottleneck, or what is nearly one.
func (d *drawn) bottleneck(near bool) {
	what := -1
	if near {
		what = d.int("near bottleneck", 0, 7)
	}
	out := d.channels
	input := d.layers - 1
	before := input
	if what == 0 { // the shortcut begins before the module's input
		input = d.conv(out, 1, 1, 1)
	}
	size := 1
	if what == 1 {
		size = 3
	}
	if what == 2 {
		d.conv(2*out, 1, 1, 1) // in place of the first module
	} else {
		d.module(size, 2)
	}
	halve := None
	if d.bool("halve") && what < 0 {
		groups := d.channels
		if d.channels == 2*out && d.bool("narrow") {
			groups = out
		}
		halve = d.conv(groups, 3, 1, groups)
	}
	from := input
	branch := d.int("branch", 0, 2)
	if halve != None && branch == 2 {
		c := d.channels
		from = d.conv(out, 1, 1, 1)
		d.channels = c
		d.route(halve)
	}
	switch what {
	case 3:
		d.add("maxpool", "size=3", "stride=1")
	case 4:
		d.conv(d.channels, 1, 1, 1) // an ordinary convolution in between
	}
	if d.bool("SE") {
		d.squeeze(false)
	}
	// The second module makes as many maps as came in.
	primary := d.conv(out/2, 1, 1, 1)
	cheap := d.conv(out/2, 3, 1, out/2)
	last := d.route(cheap, primary)
	d.modules = append(d.modules, last)
	d.channels = out
	switch {
	case branch == 1 && what < 0:
		d.route(input)
		d.conv(out, 3, 1, out)
		from = d.conv(out, 1, 1, 1)
		d.route(last)
	case what == 5: // something other than 1×1 and depthwise in the branch
		d.route(input)
		from = d.conv(out, 3, 1, 1)
		d.route(last)
	}
	if what == 0 {
		from = before
	}
	switch what {
	case 6:
		d.route(last, from)
		d.conv(out, 1, 1, 1)
		return
	case 7:
		d.add("shortcut", fmt.Sprint("from=", d.back(from)), "weights_type=per_feature", "weights_normalization=relu")
		return
	}
	sum := d.add("shortcut", fmt.Sprint("from=", d.back(from)), "activation=linear")
	if !near {
		d.sums = append(d.sums, sum)
	}
}

// TestFindsExactlyWhatIsThere draws networks of true structures and of near misses.
func TestFindsExactlyWhatIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &drawn{T: t}
		fmt.Fprint(&d.text, stem)
		d.conv(8, 3, 1, 1)
		for range d.int("blocks", 1, 6) {
			switch d.int("block", 0, 7) {
			case 0:
				d.module([]int{1, 3}[d.int("k", 0, 1)], d.int("m", 1, 4))
			case 1, 2:
				d.lookalike()
			case 3:
				d.squeeze(false)
			case 4:
				d.squeeze(true)
			case 5:
				d.bottleneck(false)
			case 6:
				d.bottleneck(true)
			case 7:
				d.conv(d.channels, 3, 1, d.channels)
			}
			d.conv(8, 1, 1, 1)
		}
		a := find(t, d.text.String())
		var modules, se, sums []int
		for _, m := range a.Modules {
			modules = append(modules, m.Route)
		}
		for _, s := range a.SE {
			se = append(se, s.Scale)
		}
		for _, b := range a.Bottlenecks {
			sums = append(sums, b.Shortcut)
			if b.Layers[len(b.Layers)-1] != b.Shortcut || b.Layers[0] <= b.Input {
				t.Fatalf("bottleneck %+v", b)
			}
		}
		if !slices.Equal(modules, d.modules) || !slices.Equal(se, d.se) || !slices.Equal(sums, d.sums) {
			t.Fatalf("modules at %v, want %v; SE at %v, want %v; bottlenecks at %v, want %v in\n%s", modules, d.modules, se, d.se, sums, d.sums, d.text.String())
		}
	})
}
