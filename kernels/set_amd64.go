//go:build !noasm

package kernels

import "github.com/ghostdark/ghostdark/internal/cpu"

func available() []*Set {
	var sets []*Set
	has := cpu.Detect()
	if has.AVX512 {
		sets = append(sets, &avx512)
	}
	if has.AVX2 {
		sets = append(sets, &avx2)
	}
	return sets
}
