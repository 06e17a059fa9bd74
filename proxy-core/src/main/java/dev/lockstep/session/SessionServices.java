package dev.lockstep.session;

import dev.lockstep.cluster.PrimaryAccess;
import dev.lockstep.commit.Committer;
import dev.lockstep.commit.DdlRunner;
import dev.lockstep.commit.NumberedColumns;
import dev.lockstep.commit.ReadBarrier;
import dev.lockstep.commit.SequenceReserves;
import dev.lockstep.commit.TableGate;
import dev.lockstep.config.Settings;
import dev.lockstep.config.Vendor;
import dev.lockstep.sql.StatementAnalyzer;

/** What sessions need of the engine; shared by all of them. */
public record SessionServices(
    Vendor vendor,
    Settings settings,
    PrimaryAccess primary,
    Committer committer,
    TableGate gate,
    ReadBarrier barrier,
    DdlRunner ddl,
    StatementAnalyzer analyzer,
    SequenceReserves sequences,
    NumberedColumns numbered) {}
