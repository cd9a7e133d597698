package design

import "fmt"

// module is a ghost module: a convolution of size×size makes maps, a depthwise one of
// cheap×cheap makes ghosts of them. Without ghosts it is an ordinary convolution.
type module struct{ size, maps, ghosts, cheap int }

func (m module) total() int { return m.maps + m.ghosts }

// ratio is s, all maps to convolved maps.
func (m module) ratio() int { return m.total() / m.maps }

// module of so many maps in all, with the ratio and the cheap kernel of the options.
func (d *draft) moduleOf(size, total int) module {
	if d.Dense {
		return module{size: size, maps: total}
	}
	return module{size, total / d.Ratio, total - total/d.Ratio, d.DW}
}

// String describes the module's output.
func (m module) String() string {
	if m.ghosts == 0 {
		return fmt.Sprintf("%d maps", m.maps)
	}
	return fmt.Sprintf("%d maps and %s", m.maps, count(m.ghosts, "ghost"))
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// ghost writes a module. The activations are those of the maps and of the ghosts.
func (d *draft) ghost(m module, stride int, mapsActivation, ghostsActivation string) maps {
	convolved := d.convolutional(convolution{filters: m.maps, size: m.size, stride: stride, activation: mapsActivation})
	if m.ghosts == 0 {
		return convolved
	}
	ghosts := d.convolutional(convolution{filters: m.ghosts, size: m.cheap, groups: m.maps, activation: ghostsActivation})
	if d.Layout == Darknet {
		return d.route(ghosts, convolved)
	}
	return d.route(convolved, ghosts)
}

// channels scales a number of maps by the width multiplier and rounds it to a multiple of 4,
// by the rule of MobileNet that the official code follows, and then up to a multiple of the
// ratio. PyTorch's module computes a surplus of maps there and cuts it off.
func (d *draft) channels(c int) int {
	n := divisible(float64(c)*d.WidthMult, 4)
	if !d.Dense {
		n = (n + d.Ratio - 1) / d.Ratio * d.Ratio
	}
	return n
}

// divisible rounds to the nearest multiple, but to no less than one, nor to less than nine
// tenths of the value.
func divisible(value float64, multiple int) int {
	n := max(multiple, int(value+float64(multiple)/2)/multiple*multiple)
	if float64(n) < 0.9*value {
		n += multiple
	}
	return n
}

// explainModules adds the paragraph on ghost modules, whose first convolution has the given
// window; more goes on about what they are built into.
func (d *draft) explainModules(window, more string) {
	if d.Dense {
		d.paragraph("Where the ghost network has a ghost module, this one, its dense twin, has one ordinary convolution. %s", more)
		return
	}
	place := "last"
	if d.Layout == Darknet {
		place = "first"
	}
	d.paragraph("A ghost module is three sections: a %s convolution makes some of the maps, a grouped convolution makes the others, "+
		"the ghosts, cheaply from those, and a route joins them, ghosts %s. %s", window, place, more)
}

// explainRatio adds the paragraph on the one ratio of all modules.
func (d *draft) explainRatio() {
	if d.Dense {
		return
	}
	rounded := ""
	if 4%d.Ratio != 0 {
		rounded = fmt.Sprintf(" Numbers of maps are rounded up to multiples of %d, so that each map has as many ghosts.", d.Ratio)
	}
	d.paragraph("The ghost ratio, all maps to convolved maps, is %d throughout; the cheap convolutions are %dx%d.%s", d.Ratio, d.DW, d.DW, rounded)
}
