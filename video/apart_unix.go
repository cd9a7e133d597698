//go:build unix

package video

import (
	"os/exec"
	"syscall"
)

// apart keeps a terminal's Ctrl-C from a program, which is to end when its input or its reader does.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
