package kernels

const patch = 36

// Transform is.
type Transform struct{}

func (s *Set) CanWinograd(*ConvSpec) bool { return false }

func NewWinograd(set *Set, spec ConvSpec, weights, bias []float32) *Conv { panic("") }
