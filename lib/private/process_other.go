//go:build unix && !linux

package private

import "syscall"

func setDeath(*syscall.SysProcAttr, syscall.Signal) {}
