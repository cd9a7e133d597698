//go:build !amd64

package cpu

// Detect finds none of the features on other processors.
func Detect() Features { return Features{} }
