package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Tile.
const (
	tileA, tileB, tileC, tileBias, tileAdd             = 0, 8, 16, 24, 32
	tileK, tileRuns, tileRunStep, tileAStep, tileCStep = 40, 48, 56, 64, 72
	tileAddStep, tileAct, tileAddLast, tileAhead       = 80, 88, 96, 104
)

const (
	// unroll is how many steps of a run matrixTile writes out in its loop.
	unroll = 4
	// fetchRows is from how many rows on fetching costs nothing.
	fetchRows = 4
	cacheLine = 64
)

// matrixTile makes the kernel for a tile of rows × (vectors · lanes) values of a product.
func (s isa) matrixTile(rows, vectors int) string {
	name, t := s.function(fmt.Sprintf("gemm%dx%d", rows, vectors*s.lanes), "Tile",
		fmt.Sprintf("computes a tile of %d pixels and %d filters, see Tile.", rows, vectors*s.lanes))
	acc := make([][]VecVirtual, rows)
	for r := range acc {
		acc[r] = s.vectors(vectors)
	}
	at := func(base Register, v int) Mem { return Mem{Base: base, Disp: v * s.bytes()} }
	// eachRow walks along the rows that begin at field base and lie so far apart as field step says.
	eachRow := func(base, step int, row func(r int, p Register)) {
		p, by := GP64(), GP64()
		MOVQ(field(t, base), p)
		MOVQ(field(t, step), by)
		for r := range rows {
			row(r, p)
			if r < rows-1 {
				ADDQ(by, p)
			}
		}
	}

	Comment("Begin with the bias, or with what C holds already.")
	bias := GP64()
	MOVQ(field(t, tileBias), bias)
	TESTQ(bias, bias)
	JZ(LabelRef("resume"))
	for v := range vectors {
		VMOVUPS(at(bias, v), acc[0][v])
		for r := range rows - 1 {
			VMOVAPS(acc[0][v], acc[r+1][v])
		}
	}
	JMP(LabelRef("multiply"))
	Label("resume")
	eachRow(tileC, tileCStep, func(r int, p Register) {
		for v := range vectors {
			VMOVUPS(at(p, v), acc[r][v])
		}
	})

	Label("multiply")
	b, step := GP64(), GP64()
	MOVQ(field(t, tileB), b)
	MOVQ(field(t, tileAStep), step)
	near := newLadder(step)
	Comment("Every fifth pixel has a register, from which the others are found.")
	pixels := make([]GPVirtual, (rows+4)/5)
	for i := range pixels {
		pixels[i] = GP64()
		if i == 0 {
			MOVQ(field(t, tileA), pixels[0])
		} else {
			LEAQ(Mem{Base: pixels[i-1], Index: near.step5, Scale: 1}, pixels[i])
		}
	}
	columns, value := s.vectors(vectors), s.vectors(min(2, rows))
	one := func(k int) {
		for v := range vectors {
			VMOVUPS(at(b, k*vectors+v), columns[v])
		}
		for r := range rows {
			x := value[r%len(value)]
			VBROADCASTSS(near.at(pixels[r/5], r%5).Offset(4*k), x)
			for v := range vectors {
				VFMADD231PS(columns[v], x, acc[r][v])
			}
		}
	}
	advance := func(steps int) {
		ADDQ(U32(uint32(steps*vectors*s.bytes())), b)
		for _, p := range pixels {
			ADDQ(U32(uint32(4*steps)), p)
		}
	}
	ahead, fetch := GP64(), rows >= fetchRows
	if fetch {
		MOVQ(field(t, tileAhead), ahead)
		TESTQ(ahead, ahead)
		CMOVQEQ(b, ahead)
	}
	runs, gap, k := GP64(), GP64(), GP64()
	MOVQ(field(t, tileRuns), runs)
	MOVQ(field(t, tileK), k)
	MOVQ(field(t, tileRunStep), gap)
	SHLQ(Imm(2), k)
	SUBQ(k, gap)
	Label("run")
	MOVQ(field(t, tileK), k)
	SUBQ(U32(unroll), k)
	JLT(LabelRef("rest"))
	Label("steps")
	for i := range unroll {
		one(i)
		if fetch {
			PREFETCHT1(Mem{Base: ahead, Disp: cacheLine * i})
		}
	}
	advance(unroll)
	if fetch {
		ADDQ(U32(cacheLine*unroll), ahead)
	}
	SUBQ(U32(unroll), k)
	JGE(LabelRef("steps"))
	Label("rest")
	ADDQ(U32(unroll), k)
	JZ(LabelRef("next"))
	Label("step")
	one(0)
	advance(1)
	DECQ(k)
	JNZ(LabelRef("step"))
	Label("next")
	for _, p := range pixels {
		ADDQ(gap, p)
	}
	DECQ(runs)
	JNZ(LabelRef("run"))

	add, last := GP64(), GP64()
	MOVQ(field(t, tileAdd), add)
	MOVQ(field(t, tileAddLast), last)
	addResidual := func() {
		eachRow(tileAdd, tileAddStep, func(r int, p Register) {
			for v := range vectors {
				VADDPS(at(p, v), acc[r][v], acc[r][v])
			}
		})
	}
	Comment("Add the residual here, unless it comes after the activation.")
	TESTQ(add, add)
	JZ(LabelRef("activate"))
	TESTQ(last, last)
	JNZ(LabelRef("activate"))
	addResidual()

	Label("activate")
	act := GP64()
	MOVQ(field(t, tileAct), act)
	var all []VecVirtual
	for _, row := range acc {
		all = append(all, row...)
	}
	s.activate(act, all, columns[0], value[0])

	TESTQ(add, add)
	JZ(LabelRef("store"))
	TESTQ(last, last)
	JZ(LabelRef("store"))
	addResidual()

	Label("store")
	eachRow(tileC, tileCStep, func(r int, p Register) {
		for v := range vectors {
			VMOVUPS(acc[r][v], at(p, v))
		}
	})
	VZEROUPPER()
	RET()
	return name
}
