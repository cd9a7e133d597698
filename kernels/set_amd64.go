//go:build !noasm

package kernels

import "github.com/ghostdark/ghostdark/internal/cpu"

//go:generate go -C _gen run . -isa avx512 -out ../avx512_amd64.s -pkg kernels
//go:generate go -C _gen run . -isa avx2 -out ../avx2_amd64.s -pkg kernels

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
