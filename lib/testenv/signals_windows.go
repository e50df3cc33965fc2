package testenv

import "syscall"

// Windows has no signals that stop and continue a process.
const (
	stopSignal     = syscall.Signal(0)
	continueSignal = syscall.Signal(0)
)
