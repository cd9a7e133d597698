// Package cpu tells which instruction sets the kernels may use, and gets them large pages of
// memory.
package cpu

// Features are the instruction sets that matter to the kernels.
type Features struct {
	AVX2   bool // with FMA
	AVX512 bool // F, VL, BW and DQ
}
