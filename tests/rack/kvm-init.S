/*
 * The init of the kernel that kvm-probe boots: reaching user space is the
 * proof. It speaks by the console that the kernel gave it and switches off.
 */
	.globl	_start
	.text
_start:
	mov	$1, %eax		/* write(1, text, ...) */
	mov	$1, %edi
	lea	text(%rip), %rsi
	mov	$(end - text), %edx
	syscall
	mov	$169, %eax		/* reboot(..., LINUX_REBOOT_CMD_POWER_OFF) */
	mov	$0xfee1dead, %edi
	mov	$672274793, %esi
	mov	$0x4321fedc, %edx
	syscall
hang:
	jmp	hang
text:
	.ascii	"GUEST-KERNEL-RUNS\n"
end:
