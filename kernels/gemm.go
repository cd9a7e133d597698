package kernels

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// Gemm computes C = A·B for row-major matrices: A is m×k with row stride k, B is k×n with
// row stride n, C is m×n with row stride ldc ≥ n. C must not overlap A or B.
func Gemm(m, n, k int, a, b, c []float32, ldc int) {
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1,
		blas32.General{Rows: m, Cols: k, Stride: k, Data: a},
		blas32.General{Rows: k, Cols: n, Stride: n, Data: b},
		0, blas32.General{Rows: m, Cols: n, Stride: ldc, Data: c})
}

// GemmTransB computes C = A·Bᵀ: A is m×k, B is n×k, C is m×n, all row-major and dense.
func GemmTransB(m, n, k int, a, b, c []float32) {
	blas32.Gemm(blas.NoTrans, blas.Trans, 1,
		blas32.General{Rows: m, Cols: k, Stride: k, Data: a},
		blas32.General{Rows: n, Cols: k, Stride: k, Data: b},
		0, blas32.General{Rows: m, Cols: n, Stride: n, Data: c})
}

// GemmTransA computes C = Aᵀ·B: A is k×m, B is k×n, C is m×n, all row-major and dense.
func GemmTransA(m, n, k int, a, b, c []float32) {
	blas32.Gemm(blas.Trans, blas.NoTrans, 1,
		blas32.General{Rows: k, Cols: m, Stride: m, Data: a},
		blas32.General{Rows: k, Cols: n, Stride: n, Data: b},
		0, blas32.General{Rows: m, Cols: n, Stride: n, Data: c})
}
