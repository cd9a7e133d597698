package picture

import (
	"os"

	"github.com/ghostdark/ghostdark/kernels"
)

// newRaster returns what computes on rows of pictures. It uses the same kernels as a session
// does by default; an unknown name in the environment, which a session reports, counts as none.
func newRaster() *kernels.Raster {
	set, err := kernels.Find(os.Getenv("GHOSTDARK_CPU"))
	if err != nil {
		set = nil
	}
	return kernels.NewRaster(set)
}
