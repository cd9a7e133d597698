package kernels

// Granule is how far kernels round up the channels of a pixel that they write: values behind
// the last channel, up to the next multiple of Granule counted from the first, may change. All
// instruction sets agree in it, so a buffer suits each of them.
const Granule = 8

// maxPanel is the most channels of a panel of any instruction set.
const maxPanel = 32

// RoundUp rounds a number of channels up to whole granules.
func RoundUp(channels int) int { return (channels + Granule - 1) / Granule * Granule }

// panel is a run of channels that one kernel call computes.
type panel struct {
	set     *Set // whose kernels compute it: the Set asked, or its narrow one
	first   int
	vectors int
}

// width is the number of channels, those behind the last one included.
func (p panel) width() int { return p.vectors * p.set.Lanes }

// panels divides n channels among vectors, at most so many to a panel. What is too short for
// a whole vector goes to the narrow Set, if there is one.
func (s *Set) panels(n, most int) []panel {
	var list []panel
	n = RoundUp(n)
	first := 0
	for n-first >= s.Lanes {
		vectors := min((n-first)/s.Lanes, most)
		list = append(list, panel{s, first, vectors})
		first += vectors * s.Lanes
	}
	if first < n {
		list = append(list, panel{s.narrow, first, (n - first) / s.narrow.Lanes})
	}
	return list
}

// Spread gives the values between pixels with which every stride-th pixel of so many values
// shares few cache sets with the ones after it. Kernels read a dozen pixels side by side; when
// those are a power of two of bytes apart, all fall into the same few sets and push each other
// out.
func Spread(values, stride int) int {
	if values*stride%crowded == 0 {
		return values + cacheLine
	}
	return values
}

const (
	cacheLine = 16 // values
	// crowded is a number of values between pixels with which the same channels of neighbours fall
	// into few sets of the cache. So is any multiple.
	crowded = 256
)

// even divides n into as equal parts as can be of at most so many, so that the last is no stub,
// and returns the length of the longest and their number.
func even(n, most int) (length, parts int) {
	parts = (n + most - 1) / most
	length = (n + parts - 1) / parts
	return length, (n + length - 1) / length
}
