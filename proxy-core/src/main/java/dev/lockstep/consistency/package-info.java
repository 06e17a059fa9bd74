/** Whether nodes hold the same: catalogues as text, tables as checksums computed by the servers. */
package dev.lockstep.consistency;
