//! What of a thread's registers is another one on each architecture (syscall(2), "Architecture calling conventions").

use crate::host::raw::{Asked, Registers};

/// Where its stack ends.
pub(super) fn stack_pointer(registers: &Registers) -> u64 {
    #[cfg(target_arch = "x86_64")]
    return registers.rsp;
    #[cfg(target_arch = "aarch64")]
    return registers.sp;
}

/// Of a thread that has just come back from a call: has it make the same call again.
pub(super) fn call_again(registers: &mut Registers, asked: &Asked) {
    #[cfg(target_arch = "x86_64")]
    {
        /// Two bytes, `0f 05`.
        const SYSCALL: u64 = 2;
        registers.rip = registers.rip.wrapping_sub(SYSCALL);
        registers.rax = asked.call.cast_unsigned();
        // It comes from no call that the kernel might have to begin again itself.
        registers.orig_rax = u64::MAX;
    }
    #[cfg(target_arch = "aarch64")]
    {
        /// As long as every instruction.
        const SVC: u64 = 4;
        registers.pc = registers.pc.wrapping_sub(SVC);
        // What came back lies where the first argument was. The call's number is still in the eighth.
        registers.regs[0] = asked.arguments[0];
    }
}

/// Sets an argument of a call; not the first one, in whose place is what comes back.
pub(super) fn set_argument(registers: &mut Registers, number: usize, value: u64) {
    #[cfg(target_arch = "x86_64")]
    match number {
        1 => registers.rsi = value,
        2 => registers.rdx = value,
        3 => registers.r10 = value,
        4 => registers.r8 = value,
        _ => registers.r9 = value,
    }
    #[cfg(target_arch = "aarch64")]
    {
        registers.regs[number] = value;
    }
}
