package redundancy

import (
	"slices"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/tensor"
)

// BySize fits operations of several Sizes to given pairs of maps, as the paper's table 2 does.
type BySize struct {
	Sizes []int
	pairs []cheap.Fit
	stats [][]*cheap.Stats // of each pair and size, over two maps: its source and its target
}

// NewBySize returns a BySize without images for the sources and targets of pairs and for kernels of 1×1, 3×3, 5×5, 7×7 and extra×extra.
func NewBySize(pairs []cheap.Fit, extra int) (*BySize, error) {
	b := &BySize{pairs: pairs, Sizes: []int{1, 3, 5, 7}}
	if !slices.Contains(b.Sizes, extra) {
		b.Sizes = append(b.Sizes, extra)
	}
	for range pairs {
		var row []*cheap.Stats
		for _, size := range b.Sizes {
			s, err := cheap.New(2, size)
			if err != nil {
				return nil, err
			}
			row = append(row, s)
		}
		b.stats = append(b.stats, row)
	}
	return b, nil
}

// Add takes in a batch of images of the layer's output.
func (b *BySize) Add(maps tensor.Tensor) error {
	plane := maps.Shape.Plane()
	two := tensor.New(1, tensor.Shape{C: 2, H: maps.Shape.H, W: maps.Shape.W})
	for i := range maps.N {
		image := maps.Image(i)
		for k, p := range b.pairs {
			copy(two.Data, image[p.Source*plane:][:plane])
			copy(two.Data[plane:], image[p.Target*plane:][:plane])
			for _, s := range b.stats[k] {
				if err := s.Add(two); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Fit is the operation of a pair and a size, by their places among the pairs and in Sizes.
func (b *BySize) Fit(pair, size int) cheap.Fit {
	fit := b.stats[pair][size].Predict(0, 1)
	fit.Source, fit.Target = b.pairs[pair].Source, b.pairs[pair].Target
	return fit
}

// Total is what operations of one size, by its place in Sizes, do for all pairs together: the mean of their squared errors, and
// the share of the targets' variance that they explain, as in Report.Score.
func (b *BySize) Total(size int) (mse, explained float64) {
	residual, variation := 0.0, 0.0
	for k := range b.pairs {
		s, fit := b.stats[k][size], b.Fit(k, size)
		mse += fit.MSE / float64(len(b.pairs))
		residual += fit.MSE * float64(s.Samples())
		variation += s.Variation(1)
	}
	if variation == 0 {
		return mse, 1
	}
	return mse, 1 - residual/variation
}
