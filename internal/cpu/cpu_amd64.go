package cpu

import "golang.org/x/sys/cpu"

// Detect asks the processor and the operating system.
func Detect() Features {
	x := cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI2
	return Features{
		AVX2:   avx2,
		AVX512: avx2 && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ,
	}
}
