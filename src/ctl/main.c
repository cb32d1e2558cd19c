/* convect-pxectl: see ctl.h, and convect-pxectl(8). */
#include "ctl/ctl.h"

int
main(int argc, char **argv)
{
	return ctl_main(argc, argv);
}
