package kernels

const patch = 36

// Transform is.
type Transform struct{}
