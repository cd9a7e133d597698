package ghostnet

// sameKernel returns the side of an odd kernel, padded by half of it on each side as in darknet, that has room for
// what one of this size sees with TensorFlow's padding SAME, and how many of its first rows and columns remain 0.
// SAME adds the odd one of the pixels that it needs at the right and at the bottom. A convolution of stride 2 needs an odd number where
// it halves an even extent, as all of a GhostNet do if the input's width and height are multiples of 32: with 3×3 kernels,
// output pixel i sees lines 2i to 2i+2 instead of 2i-1 to 2i+1.
func sameKernel(size, stride int) (side, zeros int) {
	before := max(size-stride, 0) / 2
	half := max(before, size-1-before)
	return 2*half + 1, half - before
}

// widen returns a function that puts kernels into larger ones, behind some rows and columns of zeros.
func widen(size, side, zeros int) func(values []float32) []float32 {
	return func(values []float32) []float32 {
		kernels := len(values) / (size * size)
		wide := make([]float32, kernels*side*side)
		for k := range kernels {
			for y := range size {
				from := values[(k*size+y)*size:][:size]
				copy(wide[(k*side+zeros+y)*side+zeros:], from)
			}
		}
		return wide
	}
}

// reverseChannels returns a function that turns round the order of the channels that filters read.
func reverseChannels(channels, kernel int) func(values []float32) []float32 {
	return func(values []float32) []float32 {
		turned := make([]float32, 0, len(values))
		for filter := 0; filter < len(values); filter += channels * kernel {
			for c := channels - 1; c >= 0; c-- {
				turned = append(turned, values[filter+c*kernel:][:kernel]...)
			}
		}
		return turned
	}
}
