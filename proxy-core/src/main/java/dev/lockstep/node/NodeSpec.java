package dev.lockstep.node;

import dev.lockstep.config.Vendor;
import java.util.Properties;
import java.util.function.UnaryOperator;

/**
 * How to reach one node.
 *
 * @param name label, such as {@code db1:3306}
 * @param vendor its family
 * @param url the vendor URL for a database; null means without one
 * @param properties what goes to the vendor's driver, without user and password
 * @param admin account for lanes, journal, ownership and copies
 * @param connectTimeoutMillis to establish one connection
 * @param nodeTimeoutMillis for the engine's own statements
 * @param poolSize most session connections per account and schema
 */
public record NodeSpec(
    String name,
    Vendor vendor,
    UnaryOperator<String> url,
    Properties properties,
    Account admin,
    int connectTimeoutMillis,
    int nodeTimeoutMillis,
    int poolSize) {}
