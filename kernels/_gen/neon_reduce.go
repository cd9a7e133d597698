package main

import (
	"math"

	"github.com/ghostdark/ghostdark/kernels/_gen/arm64"
)

// sumRows makes the kernel that adds up the rows of src.
func (n *neon) sumRows() string {
	name, k, t := n.function("sumRows", "Span", "adds all rows of src to the one row dst, see Span.")
	load := k.Fields(t, spanSrcStep, spanRows)
	step, rows := load[0], load[1]
	dst, src := k.walk(t, spanDst, spanDstStep), k.walk(t, spanSrc, spanSrcStep)
	place, left := k.General(), k.General()
	once := k.General()
	k.MOVD(1, once)
	k.alongRow(t, spanLength, once, []walk{dst, src}, 4, func(vectors int) {
		// Eight sums, so that none waits for the addition before.
		sums := make([][]arm64.Vector, 8/vectors)
		for i := range sums {
			sums[i] = k.Vectors(vectors)
			defer k.Free(sums[i]...)
			for _, v := range sums[i] {
				k.VZERO(v)
			}
		}
		x := k.Vectors(vectors)
		defer k.Free(x...)
		k.MOVD(src.at, place)
		k.ADD(vectors*neonBytes, src.at)
		k.MOVD(rows, left)
		load := func(from arm64.Register) {
			for i := 0; i < vectors; i += 2 {
				k.VLOADPair(arm64.Mem{Base: from, Disp: i * neonBytes}, x[i], x[i+1])
			}
		}
		add := func(sum []arm64.Vector) {
			load(place)
			for i, v := range sum {
				k.VFADD(x[i], v, v)
			}
			k.ADD(step, place)
		}
		several, single, done := k.Unique("several"), k.Unique("single"), k.Unique("sum")
		k.Label(several)
		k.SUBS(len(sums), left)
		k.BLT(single)
		for _, sum := range sums {
			add(sum)
		}
		k.B(several)
		k.Label(single)
		k.ADD(len(sums), left)
		one := k.Unique("one")
		k.Label(one)
		k.CBZ(left, done)
		add(sums[0])
		k.SUB(1, left)
		k.B(one)
		k.Label(done)
		for n := len(sums); n > 1; n /= 2 {
			for i := range n / 2 {
				for j, v := range sums[i] {
					k.VFADD(sums[i+n/2][j], v, v)
				}
			}
		}
		load(dst.at)
		for i, v := range sums[0] {
			k.VFADD(x[i], v, v)
		}
		for i := 0; i < vectors; i += 2 {
			k.VSTOREPairFollowing(sums[0][i], sums[0][i+1], dst.at)
		}
	})
	return name
}

// maxTaps makes the kernel that takes the maximum over windows.
func (n *neon) maxTaps() string {
	name, k, t := n.function("maxTaps", "Taps", "takes the maximum over windows, see Taps.")
	load := k.Fields(t, tapsColumn, tapsLine, tapsWidth, tapsHeight)
	column, nextLine, width, height := load[0], load[1], load[2], load[3]
	dst, src := k.walk(t, tapsDst, tapsDstStep), k.walk(t, tapsSrc, tapsSrcStep)
	lowest := k.constant(-math.MaxFloat32)
	line, place, across, down := k.General(), k.General(), k.General(), k.General()
	pixels := k.Fields(t, tapsPixels)[0]
	k.alongRow(t, tapsLength, pixels, []walk{dst, src}, 4, func(vectors int) {
		largest, x := k.Vectors(vectors), k.Vectors(vectors)
		defer k.Free(append(largest, x...)...)
		for _, v := range largest {
			k.VMOV(lowest, v)
		}
		k.MOVD(src.at, line)
		k.ADD(vectors*neonBytes, src.at)
		k.MOVD(height, down)
		lines, columns := k.Unique("lines"), k.Unique("columns")
		k.Label(lines)
		k.MOVD(line, place)
		k.MOVD(width, across)
		k.Label(columns)
		for i := 0; i < vectors; i += 2 {
			k.VLOADPair(arm64.Mem{Base: place, Disp: i * neonBytes}, x[i], x[i+1])
		}
		for i, v := range largest {
			k.VFMAXNM(x[i], v, v) // a NaN in x is passed over
		}
		k.ADD(column, place)
		k.SUBS(1, across)
		k.BNE(columns)
		k.ADD(nextLine, line)
		k.SUBS(1, down)
		k.BNE(lines)
		for i := 0; i < vectors; i += 2 {
			k.VSTOREPairFollowing(largest[i], largest[i+1], dst.at)
		}
	})
	return name
}
