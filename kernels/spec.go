package kernels

// ConvSpec describes a convolution of one image: Height × Width pixels of Channels values to
// OutHeight × OutWidth pixels of Filters values. Value (y, x, c) lies at (y·width + x)·pitch + c.
type ConvSpec struct {
	Channels, Height, Width      int
	Filters, OutHeight, OutWidth int
	Groups                       int
	// Values between the pixels of the input, of the output and of what is added.
	InPitch, OutPitch, AddPitch int
	// Planes says that the input lies channel by channel instead, as a picture does:
	// value (y, x, c) at (c·Height + y)·Width + x.
	Planes bool
	Window
	// Activation comes last, or before the addition of a residual when AddLast is set.
	Activation Activation
	AddLast    bool
	// Threads is for how many threads the work is to be divided.
	Threads int
	// Memory is where packed weights go; nil for memory of their own.
	Memory *Memory
}

// inPlace reports whether the convolution reads single pixels of the input where they lie.
func (c *ConvSpec) inPlace() bool {
	return c.Size == 1 && c.PadX == 0 && c.PadY == 0 && !c.Planes
}

// Pointwise reports whether the convolution computes each pixel from one pixel of the input, so
// that Conv.Compute can be used.
func (c *ConvSpec) Pointwise() bool {
	return c.inPlace() && c.StrideX == 1 && c.StrideY == 1 && c.Groups == 1
}

// WritesOnce reports whether a pointwise or depthwise convolution writes each value only when
// it is final.
func (c *ConvSpec) WritesOnce() bool {
	_, post := tileActivation(c.Activation)
	return post == Linear && (c.Size > 1 || c.Channels*maxPanel <= chunkValues)
}

// reach is how many input values the window spans along one side.
func (c *ConvSpec) reach() int { return c.Dilation*(c.Size-1) + 1 }

// TakesPlanes reports whether NewConv takes the convolution with Planes set, and gains from
// it: few channels, as those of pictures.
func (c *ConvSpec) TakesPlanes() bool {
	return c.Size > 1 && c.Dilation == 1 && c.Channels <= 4
}
