package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
)

var _ = register(Kind{
	Names:  []string{"logistic"},
	Origin: cfg.Pjreddie,
	Doc:    "Applies the logistic function.",
	Build:  func(*Builder) Op { return &Activation{kernels.Logistic} },
})
