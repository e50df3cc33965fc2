package private

import "syscall"

func setDeath(a *syscall.SysProcAttr, death syscall.Signal) { a.Pdeathsig = death }
