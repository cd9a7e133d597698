package design

import (
	"fmt"
	"strings"
)

// maps are the output of a layer: so many channels of so many pixels.
type maps struct{ layer, channels, height, width int }

// draft is a cfg that is being written.
type draft struct {
	Options // completed
	kind    *Kind
	given   []setting
	head    []string // paragraphs of comment above [net]
	body    strings.Builder
	layers  int    // sections written after [net]
	note    string // the comment that the next section gets
	at      maps   // what the next section reads unless it says otherwise
}

// paragraph adds a paragraph to the comment at the top, with its lines broken anew.
func (d *draft) paragraph(format string, args ...any) {
	const width = 88
	var text strings.Builder
	line := "#"
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		if len([]rune(line))+1+len([]rune(word)) > width {
			text.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	d.head = append(d.head, text.String()+line+"\n")
}

// written adds the paragraph that tells how to write the same file again.
func (d *draft) written() {
	command := "ghostdark new " + d.kind.Name
	for _, s := range d.given {
		command += " " + s.String()
	}
	d.head = append(d.head, "# Written by: "+command+"\n")
}

// heading begins a part of the network.
func (d *draft) heading(format string, args ...any) {
	fmt.Fprintf(&d.body, "\n# "+format+"\n", args...)
}

// comment goes right above the next section.
func (d *draft) comment(format string, args ...any) { d.note = fmt.Sprintf("# "+format+"\n", args...) }

// section writes a layer whose output is out, and returns that with its layer number.
func (d *draft) section(name string, out maps, options ...string) maps {
	fmt.Fprintf(&d.body, "\n%s[%s]\n", d.note, name)
	for _, option := range options {
		d.body.WriteString(option + "\n")
	}
	d.note = ""
	out.layer = d.layers
	d.layers++
	d.at = out
	return out
}

// option is a line of a section.
func option(name string, value any) string { return fmt.Sprintf("%s=%v", name, value) }

// back is a layer's number as the next section counts it, backwards.
func (d *draft) back(m maps) int { return m.layer - d.layers }

// convolution are the options of a [convolutional] section, of an odd size.
type convolution struct {
	filters, size  int
	stride, groups int  // 1 when they are 0
	bias           bool // in place of batch norm
	bare           bool // without pad, which a size of 1 doesn't need
	activation     string
}

func (d *draft) convolutional(c convolution) maps {
	stride := max(c.stride, 1)
	options := []string{option("filters", c.filters), option("size", c.size), option("stride", stride)}
	if !c.bare {
		options = append(options, option("pad", 1))
	}
	if c.groups > 1 {
		options = append(options, option("groups", c.groups))
	}
	if !c.bias {
		options = append(options, option("batch_normalize", 1))
	}
	out := d.at
	out.channels, out.height, out.width = c.filters, (d.at.height-1)/stride+1, (d.at.width-1)/stride+1
	return d.section("convolutional", out, append(options, option("activation", c.activation))...)
}

// depthwise convolves each map with a kernel of its own.
func (d *draft) depthwise(size, stride int, activation string) maps {
	return d.convolutional(convolution{filters: d.at.channels, size: size, stride: stride, groups: d.at.channels, activation: activation})
}

// route joins the outputs of layers, or goes back to one.
func (d *draft) route(from ...maps) maps {
	out, layers := from[0], ""
	out.channels = 0
	for i, m := range from {
		if i > 0 {
			layers += ","
		}
		layers += fmt.Sprint(d.back(m))
		out.channels += m.channels
	}
	return d.section("route", out, "layers="+layers)
}

// half takes the first or the second half of a layer's maps.
func (d *draft) half(of maps, which int) maps {
	out := of
	out.channels /= 2
	return d.section("route", out, option("layers", d.back(of)), "groups=2", option("group_id", which))
}

// shortcut adds another layer's output.
func (d *draft) shortcut(from maps, activation string) maps {
	return d.section("shortcut", d.at, option("from", d.back(from)), option("activation", activation))
}

// avgpool takes the mean of each map.
func (d *draft) avgpool() maps {
	return d.section("avgpool", maps{channels: d.at.channels, height: 1, width: 1})
}

// halved pools with windows that begin at every second pixel; odd extents are rounded up.
func (d *draft) halved(name string, size int) maps {
	out := d.at
	out.height, out.width = (out.height+1)/2, (out.width+1)/2
	return d.section(name, out, option("size", size), "stride=2")
}

// classify ends a classifier: scores of the classes, and their probabilities.
func (d *draft) classify() {
	d.convolutional(convolution{filters: d.Classes, size: 1, bias: true, activation: "linear"})
	d.section("softmax", d.at)
}

// training are the options of [net] that act in training only.
type training struct {
	batch       string // batch and subdivisions to train with
	rate, decay string
	burnIn      int
	last        int   // batches in all
	steps       []int // batches after which the rate drops to a tenth
}

// net writes the [net] section.
func (t training) net(size Size) string {
	var steps, scales []string
	for _, s := range t.steps {
		steps, scales = append(steps, fmt.Sprint(s)), append(scales, ".1")
	}
	burnIn := ""
	if t.burnIn > 0 {
		burnIn = option("burn_in", t.burnIn) + "\n"
	}
	return fmt.Sprintf(`
[net]
width=%d
height=%d
channels=3

# for training raise batch and subdivisions, such as %s
batch=1
subdivisions=1
learning_rate=%s
momentum=0.9
decay=%s
%smax_batches=%d
policy=steps
steps=%s
scales=%s
`, size.W, size.H, t.batch, t.rate, t.decay, burnIn, t.last, strings.Join(steps, ","), strings.Join(scales, ","))
}
