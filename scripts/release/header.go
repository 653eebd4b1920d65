package main

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"fmt"
)

// machines are the processors of the platforms, with their ids in each format of programs.
var machines = map[string]struct {
	elf   elf.Machine
	macho macho.Cpu
	pe    uint16
}{
	"amd64": {elf.EM_X86_64, macho.CpuAmd64, pe.IMAGE_FILE_MACHINE_AMD64},
	"arm64": {elf.EM_AARCH64, macho.CpuArm64, pe.IMAGE_FILE_MACHINE_ARM64},
}

// checkHeader fails if the file is not a program for the platform. Otherwise only a user's system would find the mistake.
func checkHeader(file string, t target) error {
	want, known := machines[t.arch]
	if !known {
		return fmt.Errorf("%s/%s: releases are for amd64 and arm64 only", t.os, t.arch)
	}
	var format string
	var is bool
	var err error
	switch t.os {
	case "linux":
		format = "a statically linked ELF program"
		is, err = isELF(file, want.elf)
	case "darwin":
		format = "a Mach-O program"
		is, err = isMachO(file, want.macho)
	case "windows":
		format = "a PE console program"
		is, err = isPE(file, want.pe)
	default:
		return fmt.Errorf("%s/%s: releases are for linux, darwin and windows only", t.os, t.arch)
	}
	if err != nil {
		return fmt.Errorf("%s is not %s: %w", file, format, err)
	}
	if !is {
		return fmt.Errorf("%s is not %s for %s", file, format, t.arch)
	}
	return nil
}

// isELF also requires a program without an interpreter, because the container image has no libc.
func isELF(name string, machine elf.Machine) (bool, error) {
	file, err := elf.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			return false, nil
		}
	}
	return file.Type == elf.ET_EXEC && file.Class == elf.ELFCLASS64 && file.Machine == machine, nil
}

func isMachO(name string, cpu macho.Cpu) (bool, error) {
	file, err := macho.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	return file.Type == macho.TypeExec && file.Cpu == cpu, nil
}

func isPE(name string, machine uint16) (bool, error) {
	file, err := pe.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	header, ok := file.OptionalHeader.(*pe.OptionalHeader64)
	return ok && file.Machine == machine && header.Subsystem == pe.IMAGE_SUBSYSTEM_WINDOWS_CUI, nil
}
