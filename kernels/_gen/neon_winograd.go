package main

import "github.com/ghostdark/ghostdark/kernels/_gen/arm64"

// neonTiles is what the transforms have in common: some columns of as many values.
type neonTiles struct {
	kernel
	side       int
	step, line arm64.Register    // between columns, between the values of one
	base       arm64.Register    // the first value
	walk       []arm64.Register  // through the columns, for each value that is read
	values     [2][]arm64.Vector // those of a column and, loaded meanwhile, of the next
}

// columns reads some values of each column and makes something of them.
func (k *neonTiles) columns(read []int, make func(j int, d []arm64.Vector)) {
	at, p := 0, k.base
	for i, row := range read {
		k.MOVD(p, k.walk[i])
		for ; at < row; at++ {
			k.ADD(k.line, k.walk[i])
		}
		p = k.walk[i]
	}
	for j := range k.side {
		d := k.values[j%2]
		for i, row := range read {
			k.VLOADNext(k.walk[i], k.step, d[row])
		}
		make(j, d)
	}
}

// eachTile writes the loops over tiles and over their vectors of channels. src and dst are
// registers with what the fields begin with; behind the first vector of a tile, offset lies
// between. next goes on to the next tile.
func (k *neonTiles) eachTile(t arm64.Register, compute func(dst, offset arm64.Register), next func()) {
	load := k.Fields(t, transformSrc, transformDst, transformTiles, transformVectors)
	src, dst, tiles, end := load[0], load[1], load[2], load[3]
	offset := k.General()
	k.LSL(4, end)
	k.Label("tile")
	k.MOVD(0, offset)
	k.Label("vector")
	k.MOVD(src, k.base)
	k.ADD(offset, k.base)
	compute(dst, offset)
	k.ADD(neonBytes, offset)
	k.CMP(end, offset)
	k.BNE("vector")
	k.MOVD(arm64.Mem{Base: t, Disp: transformSrcTile}, k.spare)
	k.ADD(k.spare, src)
	k.MOVD(arm64.Mem{Base: t, Disp: transformDstTile}, k.spare)
	k.ADD(k.spare, dst)
	next()
	k.SUBS(1, tiles)
	k.BNE("tile")
	k.RET()
}

func (n *neon) winograd(stride int) []string {
	if stride != 1 {
		return nil
	}
	return []string{n.winogradInput(), n.winogradOutput(), n.winogradWeights()}
}

// winogradInput makes the kernel that transforms the input tiles of F(4×4, 3×3): Bᵀ·d·B.
func (n *neon) winogradInput() string {
	name, f, t := n.function("winogradInput", "Transform", "transforms input tiles, see Transform.")
	load := f.Fields(t, transformSrcStep, transformSrcLine, transformDstStep)
	dstStep := load[2]
	k := neonTiles{kernel: f, side: patchSide, step: load[0], line: load[1], base: f.General(), walk: f.generals(4)}
	to := k.General()
	four, five := k.constant(4), k.constant(5)
	x, y := k.Vectors(patchSide), k.Vectors(patchSide)
	a, b := k.Vector(), k.Vector()
	k.values = [2][]arm64.Vector{k.Vectors(patchSide), k.Vectors(patchSide)}
	k.eachTile(t, func(dst, offset arm64.Register) {
		k.MOVD(dst, to)
		k.ADD(offset, to)
		store := func(v ...arm64.Vector) {
			for _, v := range v {
				k.VSTORENext(v, to, dstStep)
			}
		}
		// finish transforms a row and stores it.
		finish := func(v []arm64.Vector) {
			k.Comment("4v0 - 5v2 + v4")
			k.VMOV(v[4], a)
			k.VFMLS(five, v[2], a)
			k.VFMLA(four, v[0], a)
			store(a)
			k.Comment("(v4 - 4v2) ± (v3 - 4v1)")
			k.VMOV(v[4], a)
			k.VFMLS(four, v[2], a)
			k.VMOV(v[3], b)
			k.VFMLS(four, v[1], b)
			k.VFADD(b, a, v[0])
			k.VFSUB(b, a, a)
			store(v[0], a)
			k.Comment("(v4 - v2) ± 2(v3 - v1)")
			k.VFSUB(v[2], v[4], a)
			k.VFSUB(v[1], v[3], b)
			k.VFADD(b, b, b)
			k.VFADD(b, a, v[0])
			k.VFSUB(b, a, a)
			store(v[0], a)
			k.Comment("4v1 - 5v3 + v5")
			k.VFMLS(five, v[3], v[5])
			k.VFMLA(four, v[1], v[5])
			store(v[5])
		}
		k.columns([]int{0, 2, 4}, func(j int, d []arm64.Vector) {
			k.VMOV(d[4], x[j])
			k.VFMLS(five, d[2], x[j])
			k.VFMLA(four, d[0], x[j])
		})
		finish(x)
		k.columns([]int{1, 2, 3, 4}, func(j int, d []arm64.Vector) {
			k.VFMLS(four, d[2], d[4])
			k.VFMLS(four, d[1], d[3])
			k.VFADD(d[3], d[4], x[j])
			k.VFSUB(d[3], d[4], y[j])
		})
		finish(x)
		finish(y)
		k.columns([]int{1, 2, 3, 4}, func(j int, d []arm64.Vector) {
			k.VFSUB(d[2], d[4], d[4])
			k.VFSUB(d[1], d[3], d[3])
			k.VFADD(d[3], d[3], d[3])
			k.VFADD(d[3], d[4], x[j])
			k.VFSUB(d[3], d[4], y[j])
		})
		finish(x)
		finish(y)
		k.columns([]int{1, 3, 5}, func(j int, d []arm64.Vector) {
			k.VMOV(d[5], x[j])
			k.VFMLS(five, d[3], x[j])
			k.VFMLA(four, d[1], x[j])
		})
		finish(x)
	}, func() {})
	return name
}

// winogradOutput makes the kernel that transforms products back to output tiles: Aᵀ·m·A, then
// bias, activation and residual.
func (n *neon) winogradOutput() string {
	name, f, t := n.function("winogradOutput", "Transform", "transforms products to output tiles, see Transform.")
	load := f.Fields(t, transformSrcStep, transformAdd)
	add := load[1]
	k := neonTiles{kernel: f, side: patchSide, step: load[0], line: f.General(), base: f.General(), walk: f.generals(5)}
	k.ADDShifted(k.step, 1, k.step, k.line)
	k.ADD(k.line, k.line)
	p, by := k.General(), k.spare
	two, four, eight := k.constant(2), k.constant(4), k.constant(8)
	x, y := k.Vectors(patchSide), k.Vectors(patchSide)
	a := k.Vector()
	k.values = [2][]arm64.Vector{k.Vectors(patchSide), k.Vectors(patchSide)}
	k.eachTile(t, func(dst, offset arm64.Register) {
		// finish transforms a row to the pixels of line i and stores them.
		finish := func(i int, v []arm64.Vector) {
			k.VFADD(v[2], v[1], a)
			k.VFSUB(v[2], v[1], v[1])
			k.VFADD(v[4], v[3], v[2])
			k.VFSUB(v[4], v[3], v[3])
			k.VFADD(a, v[0], v[0])
			k.VFADD(v[2], v[0], v[0])
			k.VFMLA(four, v[2], a)
			k.VFADD(v[1], v[5], v[5])
			k.VFMLA(eight, v[3], v[5])
			k.VFMLA(two, v[3], v[1])
			pixels, spare, other := []arm64.Vector{v[0], v[1], a, v[5]}, v[2], v[3]
			k.MOVD(arm64.Mem{Base: t, Disp: transformBias}, p)
			k.ADD(offset, p)
			k.VLOAD(arm64.Mem{Base: p}, spare)
			for _, v := range pixels {
				k.VFADD(spare, v, v)
			}
			k.MOVD(arm64.Mem{Base: t, Disp: transformAct}, p)
			k.activate(p, pixels, spare, other)
			each := func(from arm64.Register, line, step int, do func(v arm64.Vector)) {
				k.MOVD(from, p)
				k.ADD(offset, p)
				k.MOVD(arm64.Mem{Base: t, Disp: line}, by)
				for range i {
					k.ADD(by, p)
				}
				k.MOVD(arm64.Mem{Base: t, Disp: step}, by)
				for _, v := range pixels {
					do(v)
				}
			}
			store := k.Unique("store")
			k.CBZ(add, store)
			each(add, transformAddLine, transformAddStep, func(v arm64.Vector) {
				k.VLOADNext(p, by, spare)
				k.VFADD(spare, v, v)
			})
			k.Label(store)
			each(dst, transformDstLine, transformDstStep, func(v arm64.Vector) { k.VSTORENext(v, p, by) })
		}
		k.columns([]int{0, 1, 2, 3, 4}, func(j int, m []arm64.Vector) {
			k.VFADD(m[2], m[1], y[j])
			k.VFADD(m[4], m[3], a)
			k.VFADD(m[0], y[j], x[j])
			k.VFADD(a, x[j], x[j])
			k.VFMLA(four, a, y[j])
		})
		finish(0, x)
		finish(2, y)
		k.columns([]int{1, 2, 3, 4, 5}, func(j int, m []arm64.Vector) {
			k.VFSUB(m[2], m[1], x[j])
			k.VFSUB(m[4], m[3], a)
			k.VFADD(m[5], x[j], y[j])
			k.VFMLA(eight, a, y[j])
			k.VFMLA(two, a, x[j])
		})
		finish(1, x)
		finish(3, y)
	}, func() {
		last := k.Unique("next")
		k.CBZ(add, last)
		k.MOVD(arm64.Mem{Base: t, Disp: transformAddStep}, by)
		k.ADDShifted(by, 2, add, add)
		k.Label(last)
	})
	return name
}

// winogradWeights makes the kernel that transforms weights: G·g·Gᵀ.
func (n *neon) winogradWeights() string {
	name, f, t := n.function("winogradWeights", "Transform", "transforms weights, see Transform.")
	load := f.Fields(t, transformSrcStep, transformDstStep)
	dstStep := load[1]
	k := neonTiles{kernel: f, side: tapSide, step: load[0], line: f.General(), base: f.General(), walk: f.generals(tapSide)}
	k.ADDShifted(k.step, 1, k.step, k.line)
	to := k.General()
	four, quarter, sixth, part := k.constant(4), k.constant(1./4), k.constant(-1./6), k.constant(1./24)
	x, y := k.Vectors(tapSide), k.Vectors(tapSide)
	a, b, sum, difference := k.Vector(), k.Vector(), k.Vector(), k.Vector()
	k.values = [2][]arm64.Vector{k.Vectors(tapSide), k.Vectors(tapSide)}
	// pair makes c·(v ± w).
	pair := func(c, v, w, sum, difference arm64.Vector) {
		k.VFADD(w, v, sum)
		k.VFSUB(w, v, difference)
		k.VFMUL(c, sum, sum)
		k.VFMUL(c, difference, difference)
	}
	k.eachTile(t, func(dst, offset arm64.Register) {
		k.MOVD(dst, to)
		k.ADD(offset, to)
		store := func(v ...arm64.Vector) {
			for _, v := range v {
				k.VSTORENext(v, to, dstStep)
			}
		}
		// finish transforms a row and stores it.
		finish := func(v []arm64.Vector) {
			k.VFMUL(quarter, v[0], a)
			store(a)
			k.VFADD(v[2], v[0], a)
			pair(sixth, a, v[1], sum, difference)
			store(sum, difference)
			k.VFMLA(four, v[2], v[0])
			k.VFADD(v[1], v[1], b)
			pair(part, v[0], b, sum, difference)
			store(sum, difference, v[2])
		}
		k.columns([]int{0}, func(j int, g []arm64.Vector) { k.VFMUL(quarter, g[0], x[j]) })
		finish(x)
		k.columns([]int{0, 1, 2}, func(j int, g []arm64.Vector) {
			k.VFADD(g[2], g[0], a)
			pair(sixth, a, g[1], x[j], y[j])
		})
		finish(x)
		finish(y)
		k.columns([]int{0, 1, 2}, func(j int, g []arm64.Vector) {
			k.VFMLA(four, g[2], g[0])
			k.VFADD(g[1], g[1], b)
			pair(part, g[0], b, x[j], y[j])
		})
		finish(x)
		finish(y)
		k.columns([]int{2}, func(j int, g []arm64.Vector) { k.VMOV(g[2], x[j]) })
		finish(x)
	}, func() {})
	return name
}
