package kernels

// ConvSpec describes a convolution of one image: Height × Width pixels of
// Channels values to OutHeight × OutWidth pixels of Filters values.
type ConvSpec struct {
	Channels, Height, Width      int
	Filters, OutHeight, OutWidth int
	Groups                       int
	// Values between the pixels of the input, of the output and of what is added.
	InPitch, OutPitch, AddPitch int
	Window
	// Activation comes last, or before the addition of a residual when AddLast is set.
	Activation Activation
	AddLast    bool
	// Threads is for how many threads the work is to be divided.
	Threads int
}

// pointwise reports whether the input already is the matrix to multiply with.
func (c *ConvSpec) pointwise() bool {
	return c.Size == 1 && c.StrideX == 1 && c.StrideY == 1 && c.PadX == 0 && c.PadY == 0
}
