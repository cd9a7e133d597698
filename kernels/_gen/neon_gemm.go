package main

import (
	"fmt"

	"github.com/ghostdark/ghostdark/kernels/_gen/arm64"
)

// matrixTile makes the kernel for a tile of rows × (vectors · lanes) values of a product.
func (n *neon) matrixTile(rows, vectors int) string {
	name, k, t := n.function(fmt.Sprintf("gemm%dx%d", rows, vectors*neonLanes), "Tile",
		fmt.Sprintf("computes a tile of %d pixels and %d filters, see Tile.", rows, vectors*neonLanes))
	acc := make([][]arm64.Vector, rows)
	for r := range acc {
		acc[r] = k.Vectors(vectors)
	}
	p := k.General()
	// eachRow gives the vectors of each row in pairs, with where they lie.
	eachRow := func(base, step arm64.Register, pair func(r, v int, at arm64.Mem)) {
		k.MOVD(base, p)
		for r := range rows {
			for v := 0; v < vectors; v += 2 {
				pair(r, v, arm64.Mem{Base: p, Disp: v * neonBytes})
			}
			if r < rows-1 {
				k.ADD(step, p)
			}
		}
	}
	load := k.Fields(t, tileC, tileCStep, tileBias)
	c, cStep, bias := load[0], load[1], load[2]
	k.Comment("Begin with the bias, or with what C holds already.")
	k.CBZ(bias, "resume")
	for v := range vectors {
		k.VLOAD(arm64.Mem{Base: bias, Disp: v * neonBytes}, acc[0][v])
		for _, row := range acc[1:] {
			k.VMOV(acc[0][v], row[v])
		}
	}
	k.B("multiply")
	k.Label("resume")
	eachRow(c, cStep, func(r, v int, at arm64.Mem) { k.VLOADPair(at, acc[r][v], acc[r][v+1]) })

	k.Label("multiply")
	load = k.Fields(t, tileB, tileRuns, tileRunStep, tileAStep)
	b, runs, runStep, aStep := load[0], load[1], load[2], load[3]
	pixels := make([]arm64.Register, rows)
	for r := range pixels {
		pixels[r] = k.General()
		if r == 0 {
			k.MOVD(arm64.Mem{Base: t, Disp: tileA}, pixels[0])
		} else {
			k.MOVD(pixels[r-1], pixels[r])
			k.ADD(aStep, pixels[r])
		}
	}
	depth, left := k.General(), k.General()
	k.MOVD(arm64.Mem{Base: t, Disp: tileK}, depth)
	k.SUBShifted(depth, 2, runStep, runStep) // from the end of a run to the next
	a := k.Vectors(rows)
	columns := k.Vectors(k.Spare() &^ 1)
	next := 0
	step := func(lane, disp int) {
		for v := 0; v < vectors; v += 2 {
			pair := columns[next:][:2]
			next = (next + 2) % len(columns)
			k.VLOADPair(arm64.Mem{Base: b, Disp: disp + v*neonBytes}, pair[0], pair[1])
			for r := range rows {
				k.VFMLALane(a[r], lane, pair[0], acc[r][v])
				k.VFMLALane(a[r], lane, pair[1], acc[r][v+1])
			}
		}
	}
	k.Label("run")
	k.MOVD(depth, left)
	k.SUBS(neonLanes, left)
	k.BLT("few")
	k.Label("steps")
	k.Comment("As many steps as a vector holds values of a pixel.")
	for r, p := range pixels {
		k.VLOADFollowing(p, a[r])
	}
	for lane := range neonLanes {
		step(lane, lane*vectors*neonBytes)
	}
	k.ADD(neonLanes*vectors*neonBytes, b)
	k.SUBS(neonLanes, left)
	k.BGE("steps")
	k.Label("few")
	k.ADD(neonLanes, left)
	k.CBZ(left, "end")
	k.Label("single")
	for r, p := range pixels {
		k.FMOVSFollowing(p, a[r])
	}
	step(0, 0)
	k.ADD(vectors*neonBytes, b)
	k.SUBS(1, left)
	k.BNE("single")
	k.Label("end")
	for _, p := range pixels {
		k.ADD(runStep, p)
	}
	k.SUBS(1, runs)
	k.BNE("run")

	load = k.Fields(t, tileAdd, tileAddStep, tileAddLast, tileAct)
	add, addStep, last, act := load[0], load[1], load[2], load[3]
	addResidual := func() {
		eachRow(add, addStep, func(r, v int, at arm64.Mem) {
			k.VLOADPair(at, columns[0], columns[1])
			k.VFADD(columns[0], acc[r][v], acc[r][v])
			k.VFADD(columns[1], acc[r][v+1], acc[r][v+1])
		})
	}
	k.Comment("Add the residual here, unless it comes after the activation.")
	k.CBZ(add, "activate")
	k.CBNZ(last, "activate")
	addResidual()

	k.Label("activate")
	var all []arm64.Vector
	for _, row := range acc {
		all = append(all, row...)
	}
	k.activate(act, all, columns[0], columns[1])
	k.CBZ(add, "store")
	k.CBZ(last, "store")
	addResidual()

	k.Label("store")
	eachRow(c, cStep, func(r, v int, at arm64.Mem) { k.VSTOREPair(acc[r][v], acc[r][v+1], at) })
	k.RET()
	return name
}
