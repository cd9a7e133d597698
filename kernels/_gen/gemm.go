package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Tile.
const (
	tileA, tileB, tileC, tileBias, tileAdd = 0, 8, 16, 24, 32
	tileK, tileLDA, tileLDB, tileLDC       = 40, 48, 56, 64
	tileAct, tileAddLast                   = 72, 80
)

// matrixTile makes the kernel for a tile of rows × (vectors · lanes) values of a product.
func (s isa) matrixTile(rows, vectors int) string {
	name, t := s.function(fmt.Sprintf("gemm%dx%d", rows, vectors*s.lanes), "Tile",
		fmt.Sprintf("computes a tile of %d rows and %d columns, see Tile.", rows, vectors*s.lanes))
	acc := make([][]VecVirtual, rows)
	for r := range acc {
		acc[r] = s.vectors(vectors)
	}
	c, ldc := GP64(), GP64()
	MOVQ(field(t, tileC), c)
	MOVQ(field(t, tileLDC), ldc)
	at := func(base Register, v int) Mem { return Mem{Base: base, Disp: v * s.bytes()} }
	eachRow := func(base Register, row func(r int, p Register)) {
		p := GP64()
		MOVQ(base, p)
		for r := range rows {
			row(r, p)
			if r < rows-1 {
				ADDQ(ldc, p)
			}
		}
	}

	Comment("Begin with the bias, or with what C holds already.")
	bias := GP64()
	MOVQ(field(t, tileBias), bias)
	TESTQ(bias, bias)
	JZ(LabelRef("resume"))
	for r := range rows {
		VBROADCASTSS(Mem{Base: bias, Disp: 4 * r}, acc[r][0])
		for _, v := range acc[r][1:] {
			VMOVAPS(acc[r][0], v)
		}
	}
	JMP(LabelRef("multiply"))
	Label("resume")
	eachRow(c, func(r int, p Register) {
		for v := range vectors {
			VMOVUPS(at(p, v), acc[r][v])
		}
	})

	Label("multiply")
	a, b, lda, ldb, k := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, tileA), a)
	MOVQ(field(t, tileB), b)
	MOVQ(field(t, tileLDA), lda)
	MOVQ(field(t, tileLDB), ldb)
	MOVQ(field(t, tileK), k)
	columns, weight := s.vectors(vectors), s.vectors(2)
	step := func() {
		for v := range vectors {
			VMOVUPS(at(b, v), columns[v])
		}
		for r := range rows {
			w := weight[r%2]
			VBROADCASTSS(Mem{Base: a, Disp: 4 * r}, w)
			for v := range vectors {
				VFMADD231PS(columns[v], w, acc[r][v])
			}
		}
		ADDQ(ldb, b)
		ADDQ(lda, a)
	}
	Label("loop")
	step()
	DECQ(k)
	JNZ(LabelRef("loop"))

	add, last := GP64(), GP64()
	MOVQ(field(t, tileAdd), add)
	MOVQ(field(t, tileAddLast), last)
	addResidual := func() {
		eachRow(add, func(r int, p Register) {
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
	s.activate(act, all, columns[0], weight[0])

	TESTQ(add, add)
	JZ(LabelRef("store"))
	TESTQ(last, last)
	JZ(LabelRef("store"))
	addResidual()

	Label("store")
	eachRow(c, func(r int, p Register) {
		for v := range vectors {
			VMOVUPS(acc[r][v], at(p, v))
		}
	})
	VZEROUPPER()
	RET()
	return name
}
