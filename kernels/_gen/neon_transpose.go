package main

import "github.com/ghostdark/ghostdark/kernels/_gen/arm64"

// transpose makes the kernel that transposes blocks of 8×8, as four of 4×4.
func (n *neon) transpose() string {
	name, k, t := n.function("transpose", "Transpose", "transposes blocks of 8×8 values, see Transpose.")
	load := k.Fields(t, transposeDst, transposeSrc, transposeDstStep, transposeSrcStep, transposeDstBlock, transposeSrcBlock, transposeBlocks, transposeRows)
	dst, src, dstStep, srcStep, dstBlock, srcBlock, blocks, left := load[0], load[1], load[2], load[3], load[4], load[5], load[6], load[7]
	k.Comment("Rows behind the last one are that again.")
	rows := append([]arm64.Register{src}, k.generals(7)...)
	for i := 1; i < len(rows); i++ {
		k.CMP(i, left)
		k.CSEL("GT", srcStep, arm64.Zero, rows[i])
		k.ADD(rows[i-1], rows[i])
	}
	to := left
	v, y, between := k.Vectors(8), k.Vectors(8), k.Vectors(4)
	a, b, c, d := between[0], between[1], between[2], between[3]
	k.Label("block")
	k.MOVD(dst, to)
	for half := range 2 {
		for i, row := range rows {
			k.VLOAD(arm64.Mem{Base: row, Disp: half * neonBytes}, v[i])
		}
		for i := 0; i < len(v); i += 4 {
			k.VTRN1(v[i+1], v[i], a)
			k.VTRN2(v[i+1], v[i], b)
			k.VTRN1(v[i+3], v[i+2], c)
			k.VTRN2(v[i+3], v[i+2], d)
			k.VTRN1Pairs(c, a, y[i])
			k.VTRN1Pairs(d, b, y[i+1])
			k.VTRN2Pairs(c, a, y[i+2])
			k.VTRN2Pairs(d, b, y[i+3])
		}
		for i := range 4 {
			k.VSTOREPair(y[i], y[i+4], arm64.Mem{Base: to})
			k.ADD(dstStep, to)
		}
	}
	for _, row := range rows {
		k.ADD(srcBlock, row)
	}
	k.ADD(dstBlock, dst)
	k.SUBS(1, blocks)
	k.BNE("block")
	k.RET()
	return name
}
